import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { ask, data, token as byToken } from '#test/decisions/access.ts';
import { launchSite, type LaunchSite } from '#test/launches/site.ts';
import { aftermath } from '#test/support/aftermath.ts';
import type { AssentProcess } from '#test/support/assent-server.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, introspect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { startRedis, until, type RedisServer } from '#test/support/redis.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';
import { startWorldOfProcesses, type World } from '#test/support/world.ts';

/** Two servers; the proxy stands between both of them and Redis. */
let redis: RedisServer;
let proxy: TcpProxy;
let world: World<AssentProcess>;
let browser: HttpBrowser;
let site: LaunchSite;

beforeAll(async () => {
  redis = await startRedis();
  proxy = await startTcpProxy({ port: redis.port });
  world = await startWorldOfProcesses(2, { store: `redis://127.0.0.1:${proxy.port}`, settings: { ASSENT_STORE_TIMEOUT_MS: '400' } });
  browser = createHttpBrowser();
  site = await launchSite(world);
}, 60_000);
beforeEach(heal);
afterAll(async () => {
  await world.stop();
  await proxy.close();
  await redis.stop();
});

async function heal(): Promise<void> {
  proxy.heal();
  redis.resume();
  await until('both servers reach storage again', async () => {
    const answers = await Promise.all(world.assent.servers.map(async ({ url }) => (await fetch(`${url}/health/ready`)).status));
    return answers.every((status) => status === 200);
  });
}

const app = () => world.apps.scheduler;
const newTokens = async () => (await connect(world, world.people.dan, { browser })).tokens;
const isActive = async (token: string): Promise<boolean> => (await introspect(world, token)).body.active;
const UNAVAILABLE = { status: 503, body: { error: 'temporarily_unavailable' } };
/** Longer than any wait for storage, shorter than a client's patience. */
const DEADLINE = 5000;

const OUTAGES: [string, () => void][] = [
  ['refuses connections', () => proxy.refuse()],
  ['does not answer', () => redis.pause()],
  ['takes requests and its replies vanish', () => proxy.dropReplies()],
];

const dan = () => world.people.dan;
const contextToken = async (): Promise<string> => (await site.launch(dan())).context_token;

describe.each(OUTAGES)('xP11 I9 while storage %s', (_, breakStorage) => {
  test('revoking is answered with 503, in time, and never with 200; afterwards it works', async () => {
    const [byRefresh, byAccess] = [await newTokens(), await newTokens()];
    breakStorage();
    const begun = performance.now();
    const answers = await Promise.all([revoke(world, app(), byRefresh.refresh_token), revoke(world, app(), byAccess.access_token)]);
    expect(performance.now() - begun).toBeLessThan(DEADLINE);
    for (const answer of answers) expect(answer).toMatchObject(UNAVAILABLE);

    await heal();
    for (const token of [byAccess.access_token, byRefresh.refresh_token]) {
      expect((await revoke(world, app(), token)).status).toBe(200);
    }
    expect(await Promise.all([byAccess.access_token, byRefresh.access_token].map(isActive))).toEqual([false, false]);
  });

  test('nothing is allowed: no token is active, none is given, nobody gets in; and nothing is denied for good', async () => {
    const tokens = await newTokens();
    const attempt = begin(world);
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');
    breakStorage();
    const answers = await Promise.all([
      introspect(world, tokens.access_token),
      refresh(world, app(), tokens.refresh_token),
      exchange(world, attempt, code),
    ]);
    // An inactive answer would be a lie that a resource server keeps; 503 says: ask again.
    for (const answer of answers) expect(answer).toMatchObject(UNAVAILABLE);
    const page = await browser.open(begin(world).url, { stopAt: app().redirectUri });
    const reached = page.url.href.startsWith(app().redirectUri) ? page.url.searchParams.get('error') : page.status;
    expect([503, 'temporarily_unavailable']).toContain(reached);

    await heal();
    expect(await isActive(tokens.access_token)).toBe(true);
    // What was under way may have happened or not (I8); it did not happen twice, and nobody is locked out.
    expect((await refresh(world, app(), tokens.refresh_token)).status).toBe(200);
    expect([200, 400]).toContain((await exchange(world, attempt, code)).status);
    expect(await newTokens()).toMatchObject({ token_type: 'Bearer' });
  });
});

describe.each(OUTAGES)('I9 while storage %s', (_, breakStorage) => {
  test('no question about access is answered, no app is opened, no context token is exchanged; afterwards each is as it was', async () => {
    const { access_token: text } = await newTokens();
    const question = { subject: byToken(text), action: { name: 'meetings:read' }, resource: data(dan().id) };
    const waiting = await contextToken();
    breakStorage();
    const begun = performance.now();
    const [one, several, search, page, exchanged] = await Promise.all([
      ask(world, 'evaluation', question),
      ask(world, 'evaluations', { ...question, evaluations: [{}, {}] }),
      ask(world, 'search/action', question),
      site.open(dan()),
      site.exchange(waiting),
    ]);
    expect(performance.now() - begun).toBeLessThan(DEADLINE);
    expect([one, several, search, page].map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    for (const { body } of [one, several, search]) expect(JSON.stringify(body)).not.toMatch(/decision|evaluations|results/);
    expect(page.html).not.toContain('context_token');
    expect(exchanged).toMatchObject(UNAVAILABLE);

    await heal();
    expect((await ask(world, 'evaluation', question)).body.decision).toBe(true);
    // It may have happened (I8), and it happened once.
    const again = [await site.exchange(waiting), await site.exchange(waiting)].map(({ status }) => status);
    expect([[200, 400], [400, 400]]).toContainEqual(again);
  });
});

test('xR3 I8 a revocation whose reply was lost may have happened; sent again it is done, and stays done', async () => {
  const tokens = await newTokens();
  proxy.cutAtNextReply();
  const first = await revoke(world, app(), tokens.refresh_token);
  expect([200, 503]).toContain(first.status);
  await heal();
  expect((await revoke(world, app(), tokens.refresh_token)).status).toBe(200);
  expect(await isActive(tokens.access_token)).toBe(false);
  expect((await refresh(world, app(), tokens.refresh_token)).body.error).toBe('invalid_grant');
});

test('xP11 xX1 I1 I2 an acknowledged revocation, and an exchange of a context token, survive that Redis and both servers are killed', async () => {
  const tokens = await newTokens();
  const used = await contextToken();
  expect((await site.exchange(used)).status).toBe(200);
  expect((await revoke(world, app(), tokens.refresh_token)).status).toBe(200);
  await Promise.all([redis.kill(), ...world.assent.servers.map((server) => server.kill('SIGKILL'))]);
  await redis.restart();
  await Promise.all(world.assent.servers.map((server) => server.restart()));
  expect(await isActive(tokens.access_token)).toBe(false);
  expect((await refresh(world, app(), tokens.refresh_token)).body.error).toBe('invalid_grant');
  expect((await site.exchange(used)).body.error).toBe('invalid_grant');
}, 60_000);

test('I10 the logs tell of nothing but storage, and hold no secret', () => {
  const expected = (line: string) => /"status":503|storage_unavailable|storage/.test(line);
  expect(aftermath(world, { expected })).toEqual([]);
});
