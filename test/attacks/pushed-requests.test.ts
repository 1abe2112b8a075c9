import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { atOnce, spread } from '#test/support/at-once.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, post, signIn, type Attempt } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
/** Dan's, who said yes to the app long ago. */
let browser: HttpBrowser;
let servers: readonly string[];

beforeAll(async () => {
  world = await startTwoServers();
  ({ servers } = world);
  browser = createHttpBrowser();
  await connect(world, world.people.dan, { browser });
}, 60_000);
afterAll(() => world.stop());

/** An authorization request that was pushed; its address has the reference only (RFC 9126). */
async function push(parameters: Record<string, string> = {}): Promise<Attempt> {
  const attempt = begin(world, { parameters });
  const { status, body } = await post(world, '/oauth/par', attempt.app, Object.fromEntries(attempt.url.searchParams));
  if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
  const url = new URL('/oauth/authorize', world.issuer);
  url.search = String(new URLSearchParams({ client_id: attempt.app.id, request_uri: body.request_uri }));
  return { ...attempt, url };
}

const cookies = () => ({ cookie: `assent_session=${browser.cookie(world.issuer, 'assent_session')}` });
const codeIn = (location: URL | undefined): string | null | undefined => location?.searchParams.get('code');
const isRefusal = { status: 400, html: expect.stringContaining('This request has expired or was already used.') };

describe('xP6 I1 one request_uri, one code', () => {
  test('opened five times in the same instant at two servers; 15 rounds', async () => {
    for (let round = 0; round < 15; round += 1) {
      const attempt = await push();
      const answers = await atOnce(spread(servers, 5, attempt.url, { headers: cookies() }));
      const codes = answers.flatMap(({ location }) => codeIn(location) ?? []);
      expect(codes).toHaveLength(1);
      for (const { status } of answers) expect([303, 400]).toContain(status);
      expect((await exchange(world, attempt, codes[0]!)).status).toBe(200);
    }
  }, 60_000);

  test('opened again after its code, it is refused at either server', async () => {
    const attempt = await push();
    expect((await authorize(attempt, world.people.dan, { browser })).has('code')).toBe(true);
    for (const server of servers) {
      const page = await browser.open(new URL(attempt.url.pathname + attempt.url.search, server), { stopAt: attempt.app.redirectUri });
      expect(page.url.searchParams.get('error') ?? page.status).toEqual(page.status === 400 ? 400 : 'invalid_request_uri');
      expect(codeIn(page.url)).toBeNull();
    }
  });

  test('opened by two people who both say yes, it gives a code to the first alone', async () => {
    const attempt = await push({ tenant: world.tenants.northwind });
    const [chloe, ben] = [createHttpBrowser(), createHttpBrowser()];
    const [hers, his] = [await arrive(chloe, attempt, world.people.chloe), await arrive(ben, attempt, world.people.ben)];
    const first = await chloe.submit(hers, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    const second = await ben.submit(his, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    expect([codeIn(first.url) !== null, codeIn(second.url)]).toEqual([true, null]);
    const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${world.people.ben.id}`);
    expect(items).toEqual([]);
  });
});

describe('xP6 a request_uri is good for the app that pushed it alone', () => {
  test('another app cannot send it', async () => {
    const attempt = await push();
    attempt.url.searchParams.set('client_id', world.apps.notes.id);
    const page = await browser.open(attempt.url, { stopAt: world.apps.notes.redirectUri });
    expect([page.status, page.url.pathname]).toEqual([400, '/oauth/authorize']);
  });

  test('what is sent beside it counts for nothing', async () => {
    const attempt = await push();
    for (const [name, value] of Object.entries({ scope: 'openid meetings:write', redirect_uri: 'https://evil.example/', state: 'planted', identity: 'tenant', tenant: 'ten_x' })) {
      attempt.url.searchParams.set(name, value);
    }
    const page = await browser.open(attempt.url, { stopAt: attempt.app.redirectUri });
    expect(page.url.origin + page.url.pathname).toBe(attempt.app.redirectUri);
    expect(page.url.searchParams.get('state')).toBe(attempt.state);
    const { body } = await exchange(world, attempt, codeIn(page.url) ?? null);
    expect(body.scope.split(' ')).not.toContain('meetings:write');
  });

  test.each(['urn:ietf:params:oauth:request_uri:nonsense', 'urn:ietf:params:oauth:request_uri:', 'urn:ietf:params:oauth:request_uri:\0', 'https://evil.example/request.jwt', 'x'])(
    '%j is none',
    async (uri) => {
      const attempt = await push();
      attempt.url.searchParams.set('request_uri', uri);
      const page = await browser.open(attempt.url, { stopAt: attempt.app.redirectUri });
      expect([page.status, page.url.pathname]).toEqual([400, '/oauth/authorize']);
    },
  );

  test('nobody pushes in the name of another app', async () => {
    const { url } = begin(world);
    const parameters = Object.fromEntries(url.searchParams);
    const { meetings } = world.resourceServers;
    expect((await post(world, '/oauth/par', { ...world.apps.scheduler, secret: 'wrong' }, parameters)).status).toBe(401);
    expect((await post(world, '/oauth/par', { ...world.apps.scheduler, secret: null }, parameters)).status).toBe(401);
    expect((await post(world, '/oauth/par', meetings, parameters)).status).toBe(400);
  });

  test('one pushed request cannot point at another', async () => {
    const first = await push();
    const { url } = begin(world);
    const { status } = await post(world, '/oauth/par', world.apps.scheduler, {
      ...Object.fromEntries(url.searchParams),
      request_uri: first.url.searchParams.get('request_uri') ?? '',
    });
    expect(status).toBe(400);
  });
});

test('xP6 signing in as somebody else on the way does not double it', async () => {
  const attempt = await push();
  const visitor = createHttpBrowser();
  const signInPage = await visitor.open(attempt.url, { stopAt: attempt.app.redirectUri });
  expect(signInPage.url.pathname).toMatch(/^\/sign-in\//);
  await signIn(world, visitor, world.people.dan);
  const page = await visitor.open(attempt.url, { stopAt: attempt.app.redirectUri });
  expect(codeIn(page.url)).toMatch(/^assent_ac_/);
  // The sign-in page that is still open leads to no second code.
  const late = await visitor.submit(signInPage, { button: 'Sign in', fill: { email: world.people.dan.email, password: world.people.dan.password } }, { stopAt: attempt.app.redirectUri });
  expect(late).toMatchObject(late.status === 400 ? isRefusal : { status: 303 });
  expect(codeIn(late.url)).toBeNull();
});

test('I10 nothing broke, and the logs hold no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
