import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, post } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let apps: Record<'public app' | 'app with a secret' | 'exempt app', TestApp>;
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startWorld();
  apps = {
    'public app': world.apps.notes,
    'app with a secret': world.apps.scheduler,
    'exempt app': await registerApp(
      world.manage,
      { name: 'Old Library', authMethod: 'client_secret_basic', pkce: 'exempt' },
      { redirectUris: ['https://old.example/callback'], permissions: { user: { required: ['calendar:read'], optional: [] } } },
    ),
  };
  browser = createHttpBrowser();
  await connect(world, world.people.dan, { browser });
});
afterAll(() => world.stop());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
const scopeOf = (app: TestApp) => (app === world.apps.scheduler ? 'openid meetings:read' : 'openid calendar:read');
const asked = (app: TestApp, parameters: Record<string, string | undefined>) => begin(world, { app, parameters: { scope: scopeOf(app), ...parameters } });

const NONE = { code_challenge: undefined, code_challenge_method: undefined };
const PLAIN = 'a'.repeat(43);

/** What the app is told, when the browser is sent back to it without a question. */
async function answerTo(app: TestApp, parameters: Record<string, string | undefined>): Promise<URLSearchParams> {
  const { url } = asked(app, parameters);
  const page = await browser.open(url, { stopAt: app.redirectUri });
  return page.url.href.startsWith(app.redirectUri) ? page.url.searchParams : new URLSearchParams();
}

describe('xP5 a request without a sound challenge gets no code', () => {
  const wrong: [string, Record<string, string | undefined>][] = [
    ['plain', { code_challenge: PLAIN, code_challenge_method: 'plain' }],
    ['without a method, which means plain', { code_challenge: PLAIN, code_challenge_method: undefined }],
    ['with a method and no challenge', { code_challenge: undefined, code_challenge_method: 'S256' }],
    ['with a method of its own', { code_challenge: PLAIN, code_challenge_method: 'none' }],
    ['with a method in small letters', { code_challenge: PLAIN, code_challenge_method: 's256' }],
    ['with a challenge that is too short', { code_challenge: 'short' }],
    ['with a challenge of other characters', { code_challenge: `${'a'.repeat(42)}=` }],
  ];
  const rows = (['public app', 'app with a secret', 'exempt app'] as const).flatMap((app) => wrong.map(([what, parameters]) => [app, what, parameters] as const));
  test.each(rows)('%s: %s', async (app, _, parameters) => {
    const answer = await answerTo(apps[app], parameters);
    expect([answer.get('error'), answer.has('code')]).toEqual(['invalid_request', false]);
  });

  test.each(['public app', 'app with a secret'] as const)('%s: none', async (app) => {
    const answer = await answerTo(apps[app], NONE);
    expect([answer.get('error'), answer.has('code')]).toEqual(['invalid_request', false]);
    expect(answer.get('error_description')).toMatch(/PKCE|code_challenge/);
  });

  test('pushed, it is refused at once', async () => {
    for (const [, parameters] of [...wrong, ['none', NONE] as const]) {
      const { url } = asked(world.apps.scheduler, parameters);
      const { status, body } = await post(world, '/oauth/par', world.apps.scheduler, Object.fromEntries(url.searchParams));
      expect({ parameters, status, error: body.error }).toEqual({ parameters, status: 400, error: 'invalid_request' });
    }
  });

  test('a challenge beside a pushed request does not stand in for the one that was pushed', async () => {
    const attempt = asked(world.apps.scheduler, {});
    const { body } = await post(world, '/oauth/par', world.apps.scheduler, Object.fromEntries(attempt.url.searchParams));
    const thief = 'b'.repeat(43);
    const url = new URL(attempt.url.pathname, world.issuer);
    url.search = String(new URLSearchParams({ client_id: attempt.app.id, request_uri: body.request_uri, code_challenge: sha256(thief), code_challenge_method: 'S256' }));
    const page = await browser.open(url, { stopAt: attempt.app.redirectUri });
    const code = page.url.searchParams.get('code');
    expect((await exchange(world, { ...attempt, verifier: thief }, code)).body.error).toBe('invalid_grant');
    expect((await exchange(world, attempt, code)).status).toBe(200);
  });
});

describe('xP5 the exempt app', () => {
  test('works without, with its secret', async () => {
    const attempt = asked(apps['exempt app'], NONE);
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    expect((await exchange(world, { ...attempt, app: { ...attempt.app, secret: null } }, code, { code_verifier: undefined })).status).toBe(401);
    expect((await exchange(world, attempt, code, { code_verifier: undefined })).status).toBe(200);
  });

  test('a verifier where no challenge was is refused (RFC 9700 section 2.1.1)', async () => {
    const attempt = asked(apps['exempt app'], NONE);
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    expect((await exchange(world, attempt, code)).body.error).toBe('invalid_grant');
  });

  test('once it sent a challenge, it is held to it', async () => {
    const attempt = asked(apps['exempt app'], {});
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    for (const code_verifier of [undefined, attempt.url.searchParams.get('code_challenge') ?? '', PLAIN]) {
      expect((await exchange(world, attempt, code, { code_verifier })).body.error).toBe('invalid_grant');
    }
    expect((await exchange(world, attempt, code)).status).toBe(200);
  });

  test('must have a secret: nobody can register a public one', async () => {
    const { status, body } = await world.manage.ask('POST', '/apps', { name: 'Sly', developer: { name: 'Somebody' }, authMethod: 'none', pkce: 'exempt' });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
