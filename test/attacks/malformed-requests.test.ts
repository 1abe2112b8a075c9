import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { arrive, basicAuth, begin, connect, signIn } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let browser: HttpBrowser;
let tokens: { access_token: string; refresh_token: string };

beforeAll(async () => {
  world = await startWorld();
  browser = createHttpBrowser();
  ({ tokens } = await connect(world, world.people.dan, { browser }));
});
afterAll(() => world.stop());

const FORM = 'application/x-www-form-urlencoded';
const SLOW_MS = 3000;

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends the bytes as they are: `fetch` would put many of these requests right. */
function send({ method = 'POST', path, body = '', headers = {} }: Sent): Promise<{ status: number; type: string; text: string; ms: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; type: string; text: string; ms: number }>();
  const begun = performance.now();
  const { hostname, port } = new URL(world.issuer);
  const sending = request({ hostname, port, method, path, headers: { connection: 'close', ...(body.length > 0 && { 'content-length': Buffer.byteLength(body) }), ...headers } });
  sending.on('error', reject);
  sending.on('response', async (response) => {
    const text = Buffer.concat(await response.toArray()).toString('utf8');
    resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text, ms: performance.now() - begun });
  });
  sending.end(body);
  return promise;
}

/** Refused in time, with a word of ours and nothing of our insides. */
async function expectRefusal(sent: Sent, { statuses = [400, 401, 404, 405, 411, 413, 415, 422] } = {}): Promise<void> {
  const { status, type, text, ms } = await send(sent);
  const seen = `${sent.method ?? 'POST'} ${sent.path.slice(0, 120)} ${String(sent.body ?? '').slice(0, 80)} answered ${status} ${text.slice(0, 300)}`;
  expect({ seen, refused: statuses.includes(status), fast: ms < SLOW_MS }).toEqual({ seen, refused: true, fast: true });
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\/src\/|\.ts\b|ioredis|sqlite|oops|Error:/i);
  if (type.includes('json')) expect(JSON.parse(text)).toEqual(expect.objectContaining({ [text.includes('"error"') ? 'error' : 'code']: expect.any(String) }));
}

const ENDPOINTS = ['/oauth/token', '/oauth/revoke', '/oauth/introspect', '/oauth/par'] as const;
/** A sound request for each of them. */
const sound = (path: (typeof ENDPOINTS)[number]): URLSearchParams =>
  path === '/oauth/par'
    ? new URLSearchParams([...begin(world).url.searchParams])
    : new URLSearchParams(path === '/oauth/token' ? 'grant_type=refresh_token&refresh_token=assent_rt_x' : 'token=assent_ut_x');
const credentials = () => ({ authorization: basicAuth(world.apps.scheduler) });

describe.each(ENDPOINTS)('xP15 %s refuses', (path) => {
  const post = (body: string | Buffer, headers: Record<string, string> = {}): Sent => ({ path, body, headers: { 'content-type': FORM, ...credentials(), ...headers } });

  test('every parameter that stands there twice', async () => {
    for (const name of sound(path).keys()) await expectRefusal(post(`${sound(path)}&${name}=again`));
    await expectRefusal(post(`${sound(path)}&client_id=${world.apps.scheduler.id}&client_id=${world.apps.scheduler.id}`));
  });

  test('parameters with NUL in name or value', async () => {
    for (const name of [...sound(path).keys(), 'client_id', 'whatever']) {
      for (const value of ['%00', 'a%00b']) {
        const form = sound(path);
        form.delete(name);
        await expectRefusal(post(`${form}&${name}=${value}`));
      }
    }
    await expectRefusal(post(`${sound(path)}&a%00b=x`));
    await expectRefusal(post(Buffer.from([0x74, 0x6f, 0x6b, 0x65, 0x6e, 0x3d, 0x00, 0xff])));
  });

  test('or looks away from, without breaking, controls, broken escapes, broken UTF-8 and lone halves', async () => {
    for (const name of ['grant_type', 'refresh_token', 'token', 'client_id', 'scope', 'redirect_uri', 'code_challenge']) {
      const bodies = ['%', '%zz', '%ff%fe', '%ED%A0%80', '%0d%0aset-cookie:x=1', '\u202e'].map((value) => {
        const form = sound(path);
        form.delete(name);
        return `${form}&${name}=${value}`;
      });
      for (const body of bodies) {
        const { status, ms, text } = await send(post(body));
        expect({ body, ours: status >= 500, fast: ms < SLOW_MS, split: text.includes('set-cookie') }).toEqual({ body, ours: false, fast: true, split: false });
      }
    }
  });

  test('bodies that are huge, and it does not read them to the end', async () => {
    await expectRefusal(post(`${sound(path)}&padding=${'x'.repeat(2_000_000)}`));
    await expectRefusal(post('a=1&'.repeat(30_000)));
    await expectRefusal(post(`client_assertion=${'e'.repeat(50_000)}.${'e'.repeat(1000)}.x&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, { authorization: '' }));
  });

  test('prototype keys, and lets nested names and lists mean nothing', async () => {
    for (const key of ['__proto__', '__proto__[client_id]', 'constructor[prototype][admin]', 'prototype']) {
      await expectRefusal(post(`${key}=x&${sound(path)}`));
      await expectRefusal(post(`${encodeURIComponent(key)}=x&${sound(path)}`));
    }
    const { status } = await send(post(String(sound(path))));
    for (const key of ['token[]', 'grant_type[$ne]', 'hasOwnProperty', 'toString']) {
      expect({ key, status: (await send(post(`${key}=x&${sound(path)}`))).status }).toEqual({ key, status });
    }
    expect(({} as Record<string, unknown>)['client_id'] ?? ({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  test('other content types, and bodies that are not what they say', async () => {
    const form = String(sound(path));
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'application/x-www-form-urlencoded-evil', 'nonsense']) {
      await expectRefusal(post(type.includes('json') ? JSON.stringify(Object.fromEntries(sound(path))) : form, { 'content-type': type }));
    }
    await expectRefusal(post(gzipSync(form), { 'content-encoding': 'gzip' }));
    await expectRefusal({ path, headers: credentials() });
    await expectRefusal(post(''));
  });

  test('other methods', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) await expectRefusal({ method, path: `${path}?${sound(path)}`, headers: credentials() });
  });

  test('credentials that are no credentials', async () => {
    const { id, secret } = world.apps.scheduler;
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const authorizations = [
      'Basic', 'Basic ', 'Basic !!!', 'Basic =', `Basic ${'A'.repeat(8000)}`, 'Bearer x', 'Digest x', basic(''), basic(':'), basic(id), basic(`${id}:`), basic(`:${secret}`),
      basic(`${id}:${secret}:more`), basic(`${id}%00:${secret}`), basic(`${id}%:${secret}`), basic(`__proto__:x`), basic(`${'x'.repeat(6000)}:x`), `${basic(`${id}:${secret}`)} ${basic(`${id}:${secret}`)}`,
      basic(`${id}\0:${secret}`), basic(`ten_x:${secret}`), basic(`{s0}*:x`),
    ];
    for (const authorization of authorizations) await expectRefusal(post(String(sound(path)), { authorization }), { statuses: [400, 401] });
  });
});

describe('xP15 the authorization endpoint refuses, with a page', () => {
  const get = (query: string): Sent => ({ method: 'GET', path: `/oauth/authorize?${query}`, headers: { accept: 'text/html', cookie: `assent_session=${browser.cookie(world.issuer, 'assent_session')}` } });
  const query = () => begin(world).url.searchParams;

  test('every parameter that stands there twice', async () => {
    for (const name of query().keys()) {
      const { status, text } = await send(get(`${query()}&${name}=again`));
      // Only where client and address are beyond doubt does the app hear of it.
      expect({ name, code: text.includes('assent_ac_') }).toEqual({ name, code: false });
      expect(['client_id', 'redirect_uri'].includes(name) ? [400] : [303, 400]).toContain(status);
    }
  });

  test.each(['', 'x', '&&&===', 'client_id', 'client_id=%00', 'client_id[]=x', '__proto__=x', '__proto__[x]=y', 'constructor=x', 'client_id=%ff%fe', `state=${'x'.repeat(7000)}`, 'client_id=%', 'request=..', 'request_uri=:', 'client_id=app_x&request_uri=urn:ietf:params:oauth:request_uri:%00'])(
    '%j',
    async (text) => expectRefusal(get(text)),
  );

  test('an address longer than any honest one', async () => {
    await expectRefusal(get(`${query()}&padding=${'x'.repeat(10_000)}`), { statuses: [400, 414, 431] });
  });

  test('values that are not what they have to be never break it', async () => {
    const values: Record<string, readonly string[]> = {
      prompt: ['consent consent', 'none consent', 'x', '\0'],
      max_age: ['-1', '1e9', 'x', '99999999999999999999', '0x10', ''],
      scope: ['', ' ', '\0', 'openid\nopenid', '__proto__', 'openid '.repeat(500), 'a'.repeat(5000), 'öpenid'],
      state: ['\0', '\u202e', '<script>alert(1)</script>', '%0d%0ax:y'],
      nonce: ['\0', 'x'.repeat(5000)],
      ui_locales: ['\0', '../../etc', 'x'.repeat(5000)],
      acr_values: ['__proto__', '\0'],
      claims: ['{', '{"__proto__":1}', '[]', 'null'],
      tenant: ['', '\0', '__proto__', '{s1}*', 'x'.repeat(5000), '<script>'],
      identity: ['', 'user user', '__proto__', 'tenant\0'],
      include_granted_scopes: ['maybe', '\0'],
      login_hint: ['<script>alert(1)</script>', '\0', 'x'.repeat(5000)],
      resource: ['', '\0', 'x', 'https://[', 'javascript:alert(1)'],
      dpop_jkt: ['', 'x', '\0'],
      display: ['x'],
      response_mode: ['', 'x', '__proto__', 'constructor', 'fragment', 'form_post', 'web_message', 'query.jwt'],
      authorization_details: ['{', '[{}]', '[{"type":"__proto__"}]'],
      code_challenge: ['\0'.repeat(43), 'x'.repeat(200)],
    };
    for (const [name, list] of Object.entries(values)) {
      for (const value of list) {
        const asked = query();
        asked.set(name, value);
        const { status, text, ms } = await send(get(String(asked)));
        const what = `${name}=${value.slice(0, 40)} answered ${status} ${status >= 500 ? text : ''}`;
        expect({ what, ours: status >= 500, fast: ms < SLOW_MS }).toEqual({ what, ours: false, fast: true });
        expect(text).not.toContain('<script>alert(1)');
      }
    }
  });

  test('a form_post answer holds what strangers wrote as text', async () => {
    const state = '"><script>alert(1)</script>';
    const { text } = await send(get(String(begin(world, { parameters: { response_mode: 'form_post', state, prompt: 'none' } }).url.searchParams)));
    expect(text).toContain('&lt;script&gt;alert(1)');
    expect(text).not.toContain('<script>alert(1)');
  });
});

describe('xP15 pages refuse', () => {
  let consent: string;
  let cookie: string;
  beforeAll(async () => {
    const visitor = createHttpBrowser();
    const page = await arrive(visitor, begin(world, { parameters: { tenant: world.tenants.northwind } }), world.people.chloe);
    consent = page.url.pathname;
    cookie = ['assent_session', 'assent_form', 'assent_interaction', 'assent_interaction.sig'].map((name) => `${name}=${visitor.cookie(page.url, name)}`).join('; ');
  });
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}): Sent => ({ path, body, headers: { 'content-type': FORM, accept: 'text/html', cookie, ...headers } });
  const statuses = [400, 403, 404, 405, 413, 415, 422];

  test.each(['/sign-in', 'consent', '/sign-out', '/account/security', '/account/sessions/end', '/account/password', '/nowhere'])('%s', async (named) => {
    const path = named === 'consent' ? consent : named;
    const bodies = ['', 'csrf', 'csrf=x', 'csrf=x&csrf=x', '__proto__=x', 'constructor[prototype][x]=y', 'csrf=%00', 'csrf=%', 'csrf=%ff', 'email[]=x&csrf=x', 'a=1&'.repeat(5000)];
    for (const body of bodies) await expectRefusal(post(path, body), { statuses });
    await expectRefusal(post(path, `csrf=${'x'.repeat(1_000_000)}`), { statuses });
    await expectRefusal(post(path, '{"csrf":"x"}', { 'content-type': 'application/json' }), { statuses });
    await expectRefusal(post(path, 'x', { 'content-type': 'multipart/form-data; boundary=x' }), { statuses });
    await expectRefusal(post(path, gzipSync('csrf=x'), { 'content-encoding': 'gzip' }), { statuses });
    await expectRefusal(post(path, Buffer.from([0xff, 0x00])), { statuses });
    for (const method of ['PUT', 'DELETE', 'PATCH']) await expectRefusal({ ...post(path, 'csrf=x'), method }, { statuses });
    await expectRefusal({ method: 'GET', path: `${path}?a=1&a=2`, headers: { cookie } }, { statuses });
    await expectRefusal({ method: 'GET', path: `${path}?__proto__=1`, headers: { cookie } }, { statuses });
    await expectRefusal({ method: 'GET', path: `${path}?x=%00`, headers: { cookie } }, { statuses });
  });

  test.each(['/%', '/%00', '/..%2f..%2fetc/passwd', '/../../etc/passwd', '/consent/%00', '/consent/__proto__', '/sign-in/..%2f', `/${'x'.repeat(9000)}`, '/oauth/authorize/__proto__', '/oauth/authorize/x', '/oauth/constructor', '//evil.example/', '/public/../package.json', '/assent.css/..%2f..%2fpackage.json'])(
    '%j',
    async (path) => expectRefusal({ method: 'GET', path, headers: { accept: 'text/html' } }, { statuses: [400, 404, 414, 431] }),
  );

  test('the address of a request in other bytes than those that its cookie names', async () => {
    const uid = consent.slice('/consent/'.length);
    for (const page of ['/consent/', '/sign-in/']) {
      for (const letter of ['é', '€', '😀', 'x']) await expectRefusal({ method: 'GET', path: page + encodeURIComponent(letter.repeat(uid.length)), headers: { accept: 'text/html', cookie } }, { statuses });
    }
  });

  test('cookies that are none', async () => {
    const values = ['', 'x', '%00', 'ses_', `ses_00${'a'.repeat(43)}`, `ses_ff${'é'.repeat(10)}`, 'x'.repeat(6000), '__proto__', '"', '; ; ='].map((value) => encodeURI(value));
    for (const value of values) {
      for (const path of ['/account', '/sign-in', consent, `/oauth/authorize?${begin(world).url.searchParams}`]) {
        const { status } = await send({ method: 'GET', path, headers: { accept: 'text/html', cookie: `assent_session=${value}; assent_interaction=${value}; assent_form=${value}; assent_device=${value}; assent_resume=${value}` } });
        expect({ value: value.slice(0, 50), path: path.slice(0, 30), ours: status >= 500 }).toEqual({ value: value.slice(0, 50), path: path.slice(0, 30), ours: false });
      }
    }
  });
});

test('xP15 userinfo refuses what is no token, wherever it stands', async () => {
  for (const headers of [{}, { authorization: 'Bearer' }, { authorization: 'Bearer ' }, { authorization: `Bearer ${'x'.repeat(9000)}` }, { authorization: `Bearer ${tokens.refresh_token}` }, { authorization: 'Bearer a b' }, { authorization: `Basic ${tokens.access_token}` }, { authorization: `DPoP ${tokens.access_token}` }]) {
    await expectRefusal({ method: 'GET', path: '/oauth/userinfo', headers: headers as Record<string, string> }, { statuses: [400, 401] });
  }
  await expectRefusal({ method: 'GET', path: `/oauth/userinfo?access_token=${tokens.access_token}` }, { statuses: [400, 401] });
});

test('after all that everybody can still sign in and the app’s tokens still work', async () => {
  const page = await signIn(world, createHttpBrowser(), world.people.ada);
  expect([page.status, page.url.pathname]).toEqual([200, '/account']);
  const { status } = await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  expect(status).toBe(200);
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
