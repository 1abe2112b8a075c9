import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { ask, data, token as byToken } from '#test/decisions/access.ts';
import { launchSite } from '#test/launches/site.ts';
import { aftermath } from '#test/support/aftermath.ts';
import { clientAssertion, dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, revoke, SCOPE, signIn } from '#test/support/oauth-flow.ts';
import { startRedis, type RedisServer } from '#test/support/redis.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, startWorldOfProcesses, type World } from '#test/support/world.ts';

/** What opens something, by what it is; and every page that was shown to anybody meanwhile. */
interface Lived {
  readonly secrets: Map<string, string>;
  readonly pages: string[];
}

/** Does everything that a secret passes through, right and wrong, and leaves some of it unfinished. */
async function live(world: World): Promise<Lived> {
  const secrets = new Map<string, string>();
  const pages: string[] = [];
  const plant = <T extends string | null | undefined>(what: string, secret: T): T => {
    if (!secret) throw new Error(`There is no ${what}`);
    secrets.set(what, secret);
    return secret;
  };
  const { scheduler } = world.apps;
  const tokenUrl = `${world.issuer}/oauth/token`;
  plant('secret of an app', scheduler.secret);
  plant('secret of a resource server', world.resourceServers.meetings.secret);
  plant('secret of the first operator', world.assent.firstOperator.secret);
  plant('second secret of an app', (await world.manage.post(`/apps/${scheduler.id}/secrets`)).secret);
  const person = world.people.dan;
  plant('password', person.password);
  const planted = plant('wrong password', `wrong ${randomBytes(12).toString('hex')}`);

  const browser = createHttpBrowser();
  const show = <T extends { html: string }>(page: T): T => {
    pages.push(page.html);
    return page;
  };
  const form = show(await browser.open(`${world.issuer}/sign-in`));
  plant('cookie of a form', browser.cookie(world.issuer, 'assent_form'));
  show(await browser.submit(form, { button: 'Sign in', fill: { email: person.email, password: planted } }));
  show(await browser.submit(form, { button: 'Sign in', fill: { email: planted.replaceAll(' ', ''), password: planted } }));
  show(await signIn(world, browser, person));
  plant('cookie of a session', browser.cookie(world.issuer, 'assent_session'));
  plant('cookie of a known browser', browser.cookie(world.issuer, 'assent_device'));
  show(await browser.open(`${world.issuer}/account`));

  const attempt = begin(world);
  plant('code verifier', attempt.verifier);
  const page = show(await arrive(browser, attempt, person));
  plant('signature of a request that waits', browser.cookie(page.url, 'assent_interaction.sig'));
  const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: scheduler.redirectUri });
  const code = plant('code', back.url.searchParams.get('code'));
  const { body: tokens } = await exchange(world, attempt, code);
  plant('access token', tokens.access_token);
  plant('refresh token', tokens.refresh_token);
  plant('ID token', tokens.id_token);
  const { body: second } = await refresh(world, scheduler, tokens.refresh_token);
  plant('second access token', second.access_token);
  // The live successor is kept for whoever lost the answer that carried it.
  plant('successor of a refresh token', second.refresh_token);
  await refresh(world, scheduler, tokens.refresh_token);
  await introspect(world, second.access_token);

  const other = begin(world);
  plant('code that nobody redeemed', (await authorize(other, person, { browser })).get('code'));
  const open = begin(world, { parameters: { scope: `${SCOPE} calendar:read` } });
  show(await arrive(browser, open, person));
  const { body: pushed } = await post(world, '/oauth/par', scheduler, Object.fromEntries(begin(world).url.searchParams));
  plant('pushed request', pushed.request_uri.slice('urn:ietf:params:oauth:request_uri:'.length));
  await createHttpBrowser().open(`${world.issuer}/oauth/authorize?client_id=${scheduler.id}&request_uri=${pushed.request_uri}`);

  const key = await newClientKey();
  const signer = await registerApp(
    world.manage,
    { name: 'Signer', authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] } },
    { redirectUris: ['https://signer.example/callback'], permissions: {} },
  );
  const assertion = await clientAssertion(key, { client: signer.id, issuer: world.issuer });
  plant('client assertion', assertion.client_assertion);
  const own = await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', ...assertion }) });
  plant('token of an app', ((await own.json()) as { access_token: string }).access_token);
  const bound = begin(world);
  const boundCode = (await authorize(bound, person, { browser })).get('code');
  const dpop = plant('DPoP proof', await dpopProof(key, { url: tokenUrl }));
  plant('bound access token', (await exchange(world, bound, boundCode, {}, { dpop })).body.access_token);
  const { body: operator } = await post(world, '/oauth/token', world.assent.firstOperator, { grant_type: 'client_credentials', scope: 'read' });
  plant('token of an operator', operator.access_token);

  // Where secrets do not belong, and yet people put them.
  const misplaced = plant('misplaced secret', `assent_cs_${randomBytes(40).toString('hex')}`);
  await fetch(`${world.issuer}/oauth/userinfo?access_token=${second.access_token}`);
  await fetch(`${tokenUrl}?client_secret=${misplaced}&code=${misplaced}`, { method: 'POST', body: new URLSearchParams({ grant_type: misplaced }) });
  await fetch(tokenUrl, { method: 'POST', headers: { authorization: `Basic ${misplaced}`, 'user-agent': misplaced } });
  await fetch(`${world.issuer}/api/v1/tenants?token=${misplaced}`, { headers: { authorization: `Bearer ${misplaced}` } });
  show(await createHttpBrowser().open(begin(world, { parameters: { client_id: misplaced, login_hint: misplaced } }).url));
  show(await createHttpBrowser().open(`${world.issuer}/sign-in?return_to=/account?token=${misplaced}`));
  for (const token of [second.access_token, misplaced, code]) await introspect(world, token);
  await exchange(world, attempt, misplaced);
  await exchange(world, attempt, code);
  await revoke(world, scheduler, second.refresh_token);

  await openApps(world, plant);

  // And where all of it is told.
  const { northwind } = world.tenants;
  for (const path of ['', '/apps', '/delegations', '/security']) show(await browser.open(`${world.issuer}/account${path}`));
  const owner = createHttpBrowser();
  await signIn(world, owner, world.people.ada);
  const ofApp = `apps/${scheduler.id}`;
  for (const path of ['audit', 'audit/export', 'apps', ofApp, `${ofApp}/subscribers`, `${ofApp}/permissions`, `${ofApp}/history`, 'members', `members/${person.id}`]) {
    const told = show(await owner.open(`${world.issuer}/admin/${northwind}/${path}`));
    if (told.status !== 200) throw new Error(`${path} answered ${told.status}`);
  }
  for (const path of ['/audit', `/tenants/${northwind}/audit`, `/users/${person.id}/audit`, `/apps/${scheduler.id}/audit`]) {
    const { items } = await world.manage.get(`${path}?limit=200`);
    if (items.length === 0) throw new Error(`${path} tells nothing`);
    pages.push(JSON.stringify(items));
  }
  return { secrets, pages };
}

/** Apps that are opened, tokens that decisions are asked with; and both where they do not belong. */
async function openApps(world: World, plant: (what: string, secret: string) => string): Promise<void> {
  const [site, { dan }] = [await launchSite(world), world.people];
  await connect(world, dan);
  const [used, waiting] = [plant('context token', (await site.launch(dan)).context_token), plant('context token that nobody used', (await site.launch(dan)).context_token)];
  for (const token of [used, waiting]) plant(`signature of ${token}`, token.split('.')[2] ?? '');
  const text = plant('token for a context token', (await site.exchange(used)).body.access_token);
  await site.exchange(used);
  const { body: own } = await post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials' });
  await fetch(`${world.issuer}/api/v1/app/starts`, { method: 'POST', headers: { authorization: `Bearer ${own.access_token}`, 'content-type': 'application/json' }, body: JSON.stringify({ contextToken: waiting }) });
  const about = { action: { name: 'meetings:read' }, resource: data(dan.id) };
  for (const token of [text, used]) {
    for (const path of ['evaluation', 'search/resource', 'search/action']) await ask(world, path, { ...about, subject: byToken(token) });
    await ask(world, 'evaluation', { ...about, subject: { type: 'user', id: token }, resource: { type: token, id: token }, context: { tenant: token, context: token } });
    await ask(world, 'evaluation', { ...about, subject: byToken(token) }, { as: { id: 'rs_none', secret: token } });
    await fetch(`${world.issuer}/access/v1/contexts/ctx_none?after=${token}`, { headers: { authorization: `Bearer ${token}`, referer: `${world.issuer}/launch?context_token=${token}` } });
    await site.open(dan, { context: token, context_token: token, redirect_uri: `https://evil.example/${token}` });
  }
}

/** As it is, without its visible prefix, and as it would look encoded. */
const disguises = (secret: string): string[] => {
  const bare = secret.replace(/^assent_[a-z]{2}_|^ses_/, '');
  const texts = [secret, bare].flatMap((text) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]);
  const bytes = Buffer.from(secret);
  return [...new Set([...texts, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')])];
};

const foundIn = (haystack: string, { secrets }: Lived, except: readonly string[] = []): string[] =>
  [...secrets].filter(([what]) => !except.includes(what)).flatMap(([what, secret]) => (disguises(secret).some((text) => haystack.includes(text)) ? [what] : []));

/** Every key of the server with all that is in it. */
const dumpOf = async (redis: RedisServer): Promise<string> =>
  JSON.stringify(
    await redis.command(
      'eval',
      `local all = {}
       local read = { string = {'get'}, hash = {'hgetall'}, list = {'lrange', 0, -1}, set = {'smembers'}, zset = {'zrange', 0, -1}, stream = {'xrange', '-', '+'} }
       for _, key in ipairs(redis.call('keys', '*')) do
         local how = read[redis.call('type', key).ok]
         all[#all + 1] = { key, redis.call(how[1], key, unpack(how, 2)) }
       end
       return all`,
      0,
    ),
  );

describe('xM3 I10 no bearer secret is readable', () => {
  test('in Redis, in the logs of two server processes, on a page or in the audit trail', async () => {
    const redis = await startRedis();
    const world = await startWorldOfProcesses(2, { store: redis.url, settings: { ASSENT_LOG_LEVEL: 'trace' } });
    try {
      const lived = await live(world);
      const dump = await dumpOf(redis);
      // Something is in it, and would be found.
      expect(dump).toContain(world.people.dan.email);
      expect(dump).toContain(world.apps.scheduler.id);
      expect(foundIn(dump, lived)).toEqual([]);
      expect(world.assent.logged()).toContain('/oauth/token');
      expect(foundIn(world.assent.logged(), lived)).toEqual([]);
      // A page gives its own form's cookie nothing to find, but who typed something sees it again.
      expect(foundIn(lived.pages.join('\n'), lived, ['wrong password', 'misplaced secret'])).toEqual([]);
      expect(aftermath(world)).toEqual([]);
    } finally {
      await world.stop();
      await redis.stop();
    }
  }, 90_000);

  test('in the SQLite file and what lies beside it, or in the log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assent-secrets-'));
    const secret = randomBytes(32).toString('base64url');
    const world = await startWorld({ store: `sqlite:${join(folder, 'assent.db')}`, settings: { ASSENT_LOG_LEVEL: 'trace', ASSENT_SECRET: secret } });
    try {
      const lived = await live(world);
      lived.secrets.set('the server’s own secret', secret);
      const files = await readdir(folder);
      const dump = (await Promise.all(files.map((file) => readFile(join(folder, file), 'latin1')))).join('\n');
      expect(dump).toContain(world.people.dan.email);
      expect(foundIn(dump, lived)).toEqual([]);
      expect(dump).not.toMatch(/"d":"[\w-]{20,}"|BEGIN (EC |RSA )?PRIVATE/);
      expect(foundIn(world.assent.logged(), lived)).toEqual([]);
      expect(foundIn(lived.pages.join('\n'), lived, ['wrong password', 'misplaced secret'])).toEqual([]);
      expect(aftermath(world)).toEqual([]);
    } finally {
      await world.stop();
      await rm(folder, { recursive: true });
    }
  }, 90_000);
});
