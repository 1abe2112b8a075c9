import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { type Environment, loadSettings, SettingsError } from '#src/settings/settings.ts';

const SECRET = randomBytes(32).toString('base64url');
const development: Environment = { ASSENT_SECRET: SECRET };
const production: Environment = { ASSENT_MODE: 'production', ASSENT_ISSUER: 'https://id.example', ASSENT_SECRET: SECRET };

const problemsOf = (env: Environment): readonly string[] => {
  try {
    loadSettings(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
};

describe('defaults', () => {
  it('needs nothing but a secret in development', () => {
    expect(loadSettings(development)).toMatchObject({
      mode: 'development',
      issuer: 'http://127.0.0.1:3000',
      host: '127.0.0.1',
      port: 3000,
      demo: true,
      ttlCode: 60,
      ttlAccessToken: 3600,
      ttlJwtAccessToken: 300,
      ttlRefreshToken: 30 * 86_400,
      ttlRefreshFamily: 365 * 86_400,
      ttlSession: 14 * 86_400,
      ttlInteraction: 3600,
      refreshGraceSeconds: 10,
      refreshGraceUses: 2,
      trustedProxies: 0,
    });
  });

  it('has the issuer follow the port until it is given', () => {
    expect(loadSettings({ ...development, ASSENT_PORT: '4000' }).issuer).toBe('http://127.0.0.1:4000');
    expect(loadSettings({ ...development, ASSENT_PORT: '4000', ASSENT_ISSUER: 'http://id.test' }).issuer).toBe('http://id.test');
  });

  it('treats an empty variable as one that is not set', () => {
    expect(loadSettings({ ...development, ASSENT_PORT: '' }).port).toBe(3000);
  });

  it('takes NODE_ENV=production for production', () => {
    expect(loadSettings({ ...production, ASSENT_MODE: undefined, NODE_ENV: 'production' })).toMatchObject({
      mode: 'production',
      demo: false,
      host: '0.0.0.0',
    });
  });
});

describe('problems', () => {
  it('reports every problem at once, each naming its variable', () => {
    expect(
      problemsOf({ ASSENT_SECRET: 'short', ASSENT_PORT: '70000', ASSENT_MODE: 'prod', ASSENT_DEMO: 'yes', ASSENT_TTL_CODE: '1h' }),
    ).toEqual([
      'ASSENT_MODE must be one of development, production.',
      'ASSENT_PORT must be a whole number from 0 to 65535.',
      'ASSENT_DEMO must be true or false.',
      'ASSENT_TTL_CODE must be a time from 5s to 10m, written like 90, 90s, 5m, 1h or 30d.',
      expect.stringMatching(/^ASSENT_SECRET must be at least 32 random bytes as base64url/),
    ]);
  });

  it('names them all in the message, and never the secret that was given', () => {
    const secret = 'tooshorttooshort';
    expect(() => loadSettings({ ASSENT_SECRET: secret, ASSENT_PORT: 'x' })).toThrow(/2 problems:\n {2}- ASSENT_PORT .*\n {2}- ASSENT_SECRET/);
    expect(problemsOf({ ASSENT_SECRET: secret }).join('\n')).not.toContain(secret);
  });

  it.each([
    ['ASSENT_PROT', 'ASSENT_PROT is not a setting. Did you mean ASSENT_PORT?'],
    ['ASSENT_TTL_ACCES_TOKEN', 'ASSENT_TTL_ACCES_TOKEN is not a setting. Did you mean ASSENT_TTL_ACCESS_TOKEN?'],
    ['ASSENT_REDIS_URL_OF_THE_CACHE', 'ASSENT_REDIS_URL_OF_THE_CACHE is not a setting.'],
  ])('does not overlook the unknown variable %s', (name, problem) => {
    expect(problemsOf({ ...development, [name]: '1' })).toEqual([problem]);
  });

  it.each([
    ['id.example', /http or https URL/],
    ['ftp://id.example', /http or https URL/],
    ['https://id.example/auth', /origin without path/],
    ['https://id.example?x=1', /origin without path/],
    ['https://me:pw@id.example', /origin without path/],
  ])('refuses the issuer %s', (issuer, reason) => {
    expect(problemsOf({ ...development, ASSENT_ISSUER: issuer })).toEqual([expect.stringMatching(reason)]);
  });

  it.each(['Aa'.repeat(30), SECRET.slice(0, 20), `${SECRET} `, SECRET.replace(/.$/, '=')])(
    'refuses a secret that is short, repetitive or not base64url (%#)',
    (secret) => {
      expect(problemsOf({ ASSENT_SECRET: secret })).toHaveLength(1);
    },
  );

  it('says what is wrong with a store address without repeating it: it may hold a password', () => {
    const [problem, ...others] = problemsOf({ ...development, ASSENT_STORE: 'redis://:hunter2@one:6379,two:6379' });
    expect(problem).toMatch(/^ASSENT_STORE cannot be used: redis:\/\/ names one server\./);
    expect(problem).not.toContain('hunter2');
    expect(others).toEqual([]);
  });

  it('refuses a JWT lifetime over 300 seconds, because no revocation reaches a JWT (I3)', () => {
    expect(problemsOf({ ...development, ASSENT_TTL_JWT_ACCESS_TOKEN: '301' })).toEqual([expect.stringContaining('ASSENT_TTL_JWT_ACCESS_TOKEN')]);
  });

  it('refuses a refresh token that would outlive its family', () => {
    expect(problemsOf({ ...development, ASSENT_TTL_REFRESH_TOKEN: '30d', ASSENT_TTL_REFRESH_FAMILY: '7d' })).toEqual([
      'ASSENT_TTL_REFRESH_TOKEN must not be longer than ASSENT_TTL_REFRESH_FAMILY.',
    ]);
  });

  it('refuses to guess when ASSENT_MODE and NODE_ENV disagree', () => {
    expect(problemsOf({ ...development, ASSENT_MODE: 'development', NODE_ENV: 'production' })).toEqual([
      expect.stringContaining('Set one of them'),
    ]);
  });
});

describe('mail', () => {
  const smtpOf = (url: string) => loadSettings({ ...development, ASSENT_SMTP_URL: url }).secrets.smtp;

  it.each([
    ['', null],
    ['smtp://mail.example', { host: 'mail.example', port: 587, secure: false, auth: undefined }],
    ['smtps://mail.example/', { host: 'mail.example', port: 465, secure: true, auth: undefined }],
    ['smtp://me%40x.example:p%2Fw@[::1]:2525', { host: '::1', port: 2525, secure: false, auth: { user: 'me@x.example', pass: 'p/w' } }],
  ])('reads the SMTP server %j', (url, server) => {
    expect(smtpOf(url)).toEqual(server);
  });

  it.each(['mail.example:25', 'http://mail.example', 'smtp://', 'smtp://u:hunter2@mail.example/path', 'smtp://u:hunter2@mail.example?logger=true', 'smtp://u:hunter2%@mail.example'])(
    'refuses the SMTP server %j without repeating it: it may hold a password',
    (url) => {
      const [problem, ...others] = problemsOf({ ...development, ASSENT_SMTP_URL: url });
      expect(problem).toMatch(/^ASSENT_SMTP_URL /);
      expect(problem).not.toContain('hunter2');
      expect(others).toEqual([]);
    },
  );

  it.each(['nobody', 'a@b.example, c@d.example', 'A <a@b.example', 'A <a@b.example>\r\nBcc: c@d.example', '<a@b.example>'])('refuses the sender %j', (from) => {
    expect(problemsOf({ ...development, ASSENT_MAIL_FROM: from })).toEqual(['ASSENT_MAIL_FROM must be a mail address, or Name <address>.']);
  });
});

describe('production (xU1)', () => {
  it('starts with an https issuer and a secret of its own', () => {
    expect(problemsOf(production)).toEqual([]);
  });

  it('xU1 refuses the development secret, an http issuer, the demo world and an unsafe Redis, all in one message', () => {
    expect(
      problemsOf({
        ASSENT_MODE: 'production',
        ASSENT_ISSUER: 'http://id.example',
        ASSENT_SECRET: `development.${SECRET}`,
        ASSENT_DEMO: 'true',
        ASSENT_REDIS_ALLOW_UNSAFE: 'true',
      }),
    ).toEqual([
      expect.stringMatching(/^ASSENT_ISSUER must begin with https/),
      expect.stringMatching(/^ASSENT_SECRET was made for development/),
      expect.stringMatching(/^ASSENT_DEMO must not be true in production/),
      expect.stringMatching(/^ASSENT_REDIS_ALLOW_UNSAFE must not be true in production/),
    ]);
  });

  it('wants a sender of its own when mail is on', () => {
    const smtp = { ...production, ASSENT_SMTP_URL: 'smtps://mail.example' };
    expect(problemsOf(smtp)).toEqual([expect.stringMatching(/^ASSENT_MAIL_FROM must be set when ASSENT_SMTP_URL is/)]);
    expect(problemsOf({ ...smtp, ASSENT_MAIL_FROM: 'Northlight <no-reply@northlight.example>' })).toEqual([]);
  });

  it('xU1 wants the issuer and the secret to be given', () => {
    expect(problemsOf({ ASSENT_MODE: 'production' })).toEqual([
      'ASSENT_ISSUER must be set in production.',
      'ASSENT_SECRET must be set in production.',
    ]);
  });
});

describe('secrets', () => {
  it('keeps them out of JSON, inspection and copies', () => {
    const settings = loadSettings({ ...development, ASSENT_STORE: 'redis://:hunter2hunter2@127.0.0.1:6379', ASSENT_SMTP_URL: 'smtp://u:hunter2@127.0.0.1' });
    const shown = [JSON.stringify(settings), inspect(settings, { depth: 9, showHidden: true }), JSON.stringify({ ...settings.secrets })].join('\n');
    expect(settings.secrets.master.bytes.toString('base64url')).toBe(SECRET);
    expect(settings.secrets.storeUrl).toContain('hunter2hunter2');
    expect(shown).toContain('127.0.0.1:3000');
    expect(shown).not.toContain('hunter2');
    expect(shown).not.toContain(SECRET.slice(0, 12));
  });
});
