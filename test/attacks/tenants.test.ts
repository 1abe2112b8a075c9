import { request } from 'node:http';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, SCOPE, signIn, type Attempt } from '#test/support/oauth-flow.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

let world: World;
let [northwind, contoso]: [string, string] = ['', ''];
let ben: Person;
/** Ben's, who is in both tenants. */
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startWorld();
  ({ northwind, contoso } = world.tenants);
  ({ ben } = world.people);
  browser = createHttpBrowser();
  await signIn(world, browser, ben);
});
beforeEach(async () => {
  for (const tenant of [northwind, contoso]) for (const { id } of await grantsIn(tenant)) await world.manage.remove(`/tenants/${tenant}/grants/${id}`);
});
afterAll(() => world.stop());

const grantsIn = async (tenant: string, { id } = ben): Promise<{ id: string; tenant: string; permissions: string[] }[]> =>
  (await world.manage.get(`/tenants/${tenant}/grants?user=${id}`)).items;
const asked = (parameters: Record<string, string | undefined> = {}): Attempt => begin(world, { parameters });
const open = (attempt: Attempt): Promise<HttpPage> => arrive(browser, attempt, ben);
const fieldsOf = (page: HttpPage): Record<string, string> =>
  Object.fromEntries(page.forms.find(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'))?.controls.map(({ name, value }) => [name, value]) ?? []);
const press = (page: HttpPage, { app }: Attempt, fill: Record<string, string> = {}) => browser.submit(page, { button: 'Authorize', fill }, { stopAt: app.redirectUri });
const activeIn = async (token: string): Promise<string | undefined> => (await introspect(world, token)).body.tenant;

describe('xT2 a user of two tenants', () => {
  test('has a grant and tokens of its own in each; a yes in one is none in the other', async () => {
    const one = await connect(world, ben, { browser, parameters: { tenant: northwind } });
    const page = await open(asked({ tenant: contoso }));
    expect([page.status, page.url.pathname.startsWith('/consent/')]).toEqual([200, true]);
    const none = await browser.open(asked({ tenant: contoso, prompt: 'none' }).url, { stopAt: world.apps.scheduler.redirectUri });
    expect(none.url.searchParams.get('error')).toBe('consent_required');

    const other = await connect(world, ben, { browser, parameters: { tenant: contoso } });
    expect([await activeIn(one.tokens.access_token), await activeIn(other.tokens.access_token)]).toEqual([northwind, contoso]);
    const [[here], [there]] = [await grantsIn(northwind), await grantsIn(contoso)];
    expect(here?.id).not.toBe(there?.id);
    expect([one.tokens['grant_id'], other.tokens['grant_id']]).toEqual([here?.id, there?.id]);
  });

  test('who revokes in one keeps the other', async () => {
    const one = await connect(world, ben, { browser, parameters: { tenant: northwind } });
    const other = await connect(world, ben, { browser, parameters: { tenant: contoso } });
    const [grant] = await grantsIn(northwind);
    await world.manage.remove(`/tenants/${northwind}/grants/${grant?.id}`);
    expect([await activeIn(one.tokens.access_token), await activeIn(other.tokens.access_token)]).toEqual([undefined, contoso]);
    expect((await refresh(world, world.apps.scheduler, other.tokens.refresh_token)).status).toBe(200);
  });

  test('who said more in one did not say it in the other, also with include_granted_scopes', async () => {
    await connect(world, ben, { browser, parameters: { tenant: northwind, scope: `${SCOPE} calendar:read` }, tick: ['permission=calendar:read'] });
    const { tokens } = await connect(world, ben, { browser, parameters: { tenant: contoso, include_granted_scopes: 'true' } });
    expect(tokens.scope.split(' ')).not.toContain('calendar:read');
  });

  test('a grant of one tenant is nobody’s in the other', async () => {
    await connect(world, ben, { browser, parameters: { tenant: northwind } });
    const [grant] = await grantsIn(northwind);
    for (const method of ['GET', 'DELETE']) {
      const foreign = await world.manage.ask(method, `/tenants/${contoso}/grants/${grant?.id}`);
      const unknown = await world.manage.ask(method, `/tenants/${contoso}/grants/gnt_000000000000000000000000`);
      expect([foreign.status, foreign.body]).toEqual([404, { ...unknown.body, request: foreign.body.request, ...(foreign.body.instance && { instance: foreign.body.instance }) }]);
    }
    expect(await grantsIn(northwind)).toHaveLength(1);
  });

  test('one tenant suspended stops nothing in the other', async () => {
    const one = await connect(world, ben, { browser, parameters: { tenant: northwind } });
    const other = await connect(world, ben, { browser, parameters: { tenant: contoso } });
    await world.manage.put(`/tenants/${contoso}/status`, { status: 'suspended' });
    try {
      expect([await activeIn(one.tokens.access_token), await activeIn(other.tokens.access_token)]).toEqual([northwind, undefined]);
      expect((await refresh(world, world.apps.scheduler, other.tokens.refresh_token)).body.error).toBe('invalid_grant');
    } finally {
      await world.manage.put(`/tenants/${contoso}/status`, { status: 'active' });
    }
  });
});

describe('xT3 what a request says of itself counts for nothing', () => {
  const LIES = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-port': '443',
    'x-forwarded-for': '10.0.0.1',
    'x-original-host': 'evil.example',
    'x-host': 'evil.example',
    'x-forwarded-prefix': '/evil',
    'x-original-url': '/api/v1/tenants',
    'x-rewrite-url': '/api/v1/tenants',
    forwarded: 'host=evil.example;proto=https;for=10.0.0.1',
    'x-tenant': 'ten_evil',
    'x-user': 'usr_evil',
    'x-real-ip': '10.0.0.1',
  };

  test.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])('%s names the issuer’s addresses only', async (path) => {
    const plain = await (await fetch(world.issuer + path)).json();
    const lied = await rawGet(path, LIES);
    expect(JSON.parse(lied.text)).toEqual(plain);
    expect(lied.text).not.toContain('evil');
  });

  test('no redirect, page or cookie follows it', async () => {
    const { url } = asked({ tenant: northwind });
    for (const [path, cookie] of [[url.pathname + url.search, ''], [url.pathname + url.search, browser.cookies(url)], ['/account', ''], ['/sign-in', ''], ['/nowhere', '']] as const) {
      const { status, headers, text } = await rawGet(path, { ...LIES, accept: 'text/html', cookie });
      expect({ path, status, evil: `${JSON.stringify(headers)}${text}`.includes('evil') }).toEqual({ path, status, evil: false });
      expect(status).toBeLessThan(500);
    }
  });

  test('a token is issued by us whatever it says, and for the tenant that was granted', async () => {
    const attempt = asked({ tenant: northwind });
    const code = (await authorize(attempt, ben, { browser })).get('code');
    const { host: _, ...lies } = LIES;
    const { status, body } = await exchange(world, attempt, code, { tenant: contoso, user: world.people.ada.id, sub: world.people.ada.id }, lies);
    expect(status).toBe(200);
    const seen = (await introspect(world, body.access_token)).body;
    expect(seen).toMatchObject({ iss: world.issuer, tenant: northwind, sub: ben.id });
    const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({ iss: world.issuer, sub: ben.id, aud: world.apps.scheduler.id });
  });

  test('a tenant in the request that is none of the person’s is no choice and grants nothing', async () => {
    const { dan } = world.people;
    const visitor = createHttpBrowser();
    for (const tenant of [contoso, 'ten_0000000000000000000000', '', '*', `${northwind} `, northwind.toUpperCase()]) {
      const attempt = asked({ tenant });
      const page = await arrive(visitor, attempt, dan);
      expect(page.url.searchParams.has('code')).toBe(false);
      expect(page.html).not.toContain('Contoso');
      const silent = await visitor.open(asked({ tenant, prompt: 'none' }).url, { stopAt: attempt.app.redirectUri });
      expect(silent.url.searchParams.has('code')).toBe(false);
    }
    expect(await grantsIn(northwind, dan)).toEqual([]);
    expect(await grantsIn(contoso, dan)).toEqual([]);
  });

  test('a foreign tenant and one that is not there are answered alike', async () => {
    const visitor = createHttpBrowser();
    const texts = [];
    for (const tenant of [contoso, 'ten_0000000000000000000000']) {
      const page = await arrive(visitor, asked({ tenant }), world.people.dan);
      texts.push(page.html.replaceAll(tenant, '…').replaceAll(/value="[^"]*"|\/(consent|sign-in)\/[\w-]+|[?&;][\w;]+=[^"&]*/g, ''));
    }
    expect(texts[0]).toBe(texts[1]);
    const answers = await Promise.all([contoso, 'ten_0000000000000000000000'].map((tenant) => post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials', tenant })));
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
  });

  test('nOAuth: an e-mail address is no identity; nobody becomes who has or had it', async () => {
    const email = 'shared@northwind.example';
    const { id: first } = await world.manage.post('/users', { email, name: 'First', password: ben.password });
    const taken = await world.manage.ask('POST', '/users', { email: 'SHARED@Northwind.Example', name: 'Second', password: ben.password });
    expect(taken.status).toBe(409);
    await world.manage.post(`/tenants/${northwind}/members`, { user: first });
    const { tokens } = await connect(world, { id: first, email, name: 'First', password: ben.password });
    const userinfo = await (await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).json();
    expect(userinfo).toMatchObject({ sub: first, email });
    // A hint fills in a form and signs nobody in.
    const visitor = createHttpBrowser();
    const hinted = await visitor.open(asked({ login_hint: email, prompt: 'none' }).url, { stopAt: world.apps.scheduler.redirectUri });
    expect(hinted.url.searchParams.get('error')).toBe('login_required');
  });

  async function rawGet(path: string, headers: Record<string, string>): Promise<{ status: number; headers: object; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: object; text: string }>();
    const { hostname, port } = new URL(world.issuer);
    request({ hostname, port, path, headers }, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(await response.toArray()).toString() });
    })
      .on('error', reject)
      .end();
    return promise;
  }
});

describe('xT4 the tenant of a yes is the one that stood on the form', () => {
  test('changed in another tab in between, each form still answers for its own', async () => {
    const attempts = [asked({ tenant: northwind }), asked({ tenant: contoso })] as const;
    const [first, second] = [await open(attempts[0]), await open(attempts[1])];
    const [toNorthwind, toContoso] = [await press(first, attempts[0]), await press(second, attempts[1])];
    for (const [back, attempt, tenant] of [[toNorthwind, attempts[0], northwind], [toContoso, attempts[1], contoso]] as const) {
      const { body } = await exchange(world, attempt, back.url.searchParams.get('code'));
      expect(await activeIn(body.access_token)).toBe(tenant);
    }
  });

  test('one request shown for two tenants in two tabs: the form that is sent decides, and what was shown for the other does not fit it', async () => {
    const attempt = asked();
    const page = await open(attempt);
    const at = (tenant: string) => browser.open(`${page.url.href.split('?')[0]}?tenant=${tenant}`);
    const [forNorthwind, forContoso] = [await at(northwind), await at(contoso)];
    expect([fieldsOf(forNorthwind)['tenant'], fieldsOf(forContoso)['tenant']]).toEqual([northwind, contoso]);

    const mixed = await press(forNorthwind, attempt, { tenant: contoso });
    expect([mixed.status, mixed.url.searchParams.has('code')]).toEqual([409, false]);
    const swapped = await press(forContoso, attempt, { shown: fieldsOf(forNorthwind)['shown'] ?? '' });
    expect([swapped.status, swapped.url.searchParams.has('code')]).toEqual([409, false]);

    const back = await press(forNorthwind, attempt);
    const { body } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(await activeIn(body.access_token)).toBe(northwind);
    expect([(await grantsIn(northwind)).length, (await grantsIn(contoso)).length]).toEqual([1, 0]);
  });

  test('a form for a tenant that the person left in between is refused, whatever it names', async () => {
    const attempt = asked({ tenant: contoso });
    const page = await open(attempt);
    await world.manage.remove(`/tenants/${contoso}/members/${ben.id}`);
    try {
      for (const fill of [{}, { tenant: northwind }] as Record<string, string>[]) {
        const posted = await press(page, attempt, fill);
        expect(posted.url.searchParams.has('code')).toBe(false);
        expect(posted.status).toBe(409);
      }
    } finally {
      await world.manage.post(`/tenants/${contoso}/members`, { user: ben.id });
    }
    expect(await grantsIn(contoso)).toEqual([]);
  });

  test('a form for a tenant that was never offered is refused', async () => {
    const attempt = asked({ tenant: contoso });
    const { dan } = world.people;
    const visitor = createHttpBrowser();
    const own = asked({ tenant: northwind });
    const page = await arrive(visitor, own, dan);
    for (const tenant of [contoso, 'ten_x', '', '*']) {
      const posted = await visitor.submit(page, { button: 'Authorize', fill: { tenant } }, { stopAt: attempt.app.redirectUri });
      expect([400, 409]).toContain(posted.status);
    }
    expect(await grantsIn(contoso, dan)).toEqual([]);
  });
});

describe('xT7 a cursor is good for the list that gave it', () => {
  test('of another tenant, another filter, altered or made up, it is refused', async () => {
    const pages = (tenant: string, more = '') => `/tenants/${tenant}/members?limit=1${more}`;
    const { next } = await world.manage.get(pages(northwind));
    expect(typeof next).toBe('string');
    expect((await world.manage.ask('GET', pages(northwind, `&after=${next}`))).status).toBe(200);
    const users = (await world.manage.get('/users?limit=1')).next;
    const bad: [string, string][] = [
      [pages(contoso), next],
      ['/tenants?limit=1', next],
      [`/tenants/${northwind}/grants?user=${ben.id}&limit=1`, next],
      [pages(northwind), users],
      [pages(northwind), `${next}A`],
      [pages(northwind), next.slice(0, -2)],
      [pages(northwind), 'nonsense'],
      [pages(northwind), '%00'],
      [pages(northwind), Buffer.from('{"sort":"","id":""}').toString('base64url')],
    ];
    for (const [path, cursor] of bad) {
      const { status, body } = await world.manage.ask('GET', `${path}&after=${cursor}`);
      expect({ path, cursor: cursor.slice(0, 20), status, code: body.code }).toEqual({ path, cursor: cursor.slice(0, 20), status: 400, code: cursor === '%00' ? 'invalid_request' : 'invalid_cursor' });
    }
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
