import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, exchange, introspect, refresh, revoke, signIn } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let first: string;
let second: string;

beforeAll(async () => {
  world = await startTwoServers();
  [first = '', second = ''] = world.servers;
});
afterAll(() => world.stop());

/** The same address at the other server, as a load balancer would send it. */
const at = (server: string, { pathname, search }: URL): URL => new URL(pathname + search, server);

describe('two server processes on one Redis', () => {
  test('a session that began at one is a session at the other, and over when the other ends it', async () => {
    const browser = createHttpBrowser();
    await signIn(world, browser, world.people.ben);
    const account = await browser.open(`${second}/account`);
    expect([account.status, account.url.pathname]).toEqual([200, '/account']);
    expect(account.html).toContain('Ben Okafor');

    await browser.submit(account, { button: 'Sign out' });
    const gone = await browser.open(`${first}/account`);
    expect(gone.url.pathname).toBe('/sign-in');
  });

  test('a code from one is good at the other, once; the tokens work and die at both', async () => {
    const browser = createHttpBrowser();
    await signIn(world, browser, world.people.dan);
    const begun = begin(world);
    const attempt = { ...begun, url: at(second, begun.url) };
    const code = (await authorize(attempt, world.people.dan, { browser })).get('code');

    const tokens = await exchange(world, attempt, code, { at: first });
    expect(tokens.status).toBe(200);
    const { access_token: access, refresh_token: renewal } = tokens.body;
    for (const server of [first, second]) {
      expect((await introspect(world, access, { at: server })).body).toMatchObject({ active: true, sub: world.people.dan.id });
    }

    const renewed = await refresh(world, world.apps.scheduler, renewal, { at: second });
    expect(renewed.status).toBe(200);
    expect((await introspect(world, renewed.body.access_token, { at: first })).body.active).toBe(true);

    expect((await revoke(world, world.apps.scheduler, renewed.body.refresh_token, { at: first })).status).toBe(200);
    for (const server of [first, second]) {
      expect((await introspect(world, renewed.body.access_token, { at: server })).body).toEqual({ active: false });
    }
    expect((await exchange(world, attempt, code, { at: second })).body.error).toBe('invalid_grant');
  });

  test('both sign with keys that both publish', async () => {
    const [one, other] = await Promise.all([first, second].map(async (server) => (await fetch(`${server}/oauth/jwks`)).json()));
    expect((one as { keys: unknown[] }).keys.length).toBeGreaterThanOrEqual(2);
    expect(other).toEqual(one);
  });

  test('what one stored survives that both are killed', async () => {
    const attempt = begin(world);
    const code = (await authorize(attempt, world.people.chloe)).get('code');
    const { body } = await exchange(world, attempt, code);
    await Promise.all(world.assent.servers.map((server) => server.kill('SIGKILL')));
    await Promise.all(world.assent.servers.map((server) => server.restart()));
    expect((await introspect(world, body.access_token, { at: second })).body.active).toBe(true);
    expect((await refresh(world, world.apps.scheduler, body.refresh_token, { at: first })).status).toBe(200);
  });
});
