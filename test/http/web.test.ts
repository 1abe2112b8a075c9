import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { allowFormActionTo, allowImageFrom } from '#src/http/headers.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter } from '#src/http/web-context.ts';
import { startWeb, type TestWeb } from '#test/support/web.ts';

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const SECRET = 'the connection string of the store';

let web: TestWeb;
let secure: TestWeb;

const routes = () => {
  const router = createRouter();
  const view = { title: 'Hello', sentence: 'x', detail: '', requestId: '', ours: false };
  router.get('/hello', (ctx) => render(ctx, 'error', view, { title: 'Hello' }));
  router.get('/form', (ctx) => {
    allowFormActionTo(ctx, String(ctx.query['to']));
    allowImageFrom(ctx, 'https://cdn.example/logo.png');
    render(ctx, 'error', { ...view, sentence: csrfToken(ctx, 'test') }, { title: 'Form' });
  });
  router.post('/form', async (ctx) => {
    const form = await postedForm(ctx, 'test');
    redirectTo(ctx, `/got/${form.one('name')}/${form.all('many').join('+')}`);
  });
  router.get('/boom', () => {
    throw new Error(SECRET);
  });
  router.get('/refused', () => {
    throw new AppError('conflict', { detail: 'It is taken.', logDetail: { by: 'somebody' }, headers: { 'x-extra': '1' } });
  });
  router.get('/down', () => {
    throw new AppError('storage_unavailable');
  });
  router.get('/whoami', (ctx) => {
    ctx.body = { address: ctx.state.address, host: ctx.host, protocol: ctx.protocol, secure: ctx.secure };
  });
  return router.routes();
};

const mounts = () => [
  { at: ['/api'], manner: 'api' as const, use: createRouter().get('/api/boom', () => { throw new Error(SECRET); }).routes() },
  { at: ['/oauth'], manner: 'protocol' as const, use: createRouter().get('/oauth/down', () => { throw new AppError('storage_unavailable'); }).routes() },
  { at: ['/'], manner: 'page' as const, use: routes() },
];

beforeAll(async () => {
  web = await startWeb({ mounts: mounts() });
  secure = await startWeb({ mounts: mounts(), production: true, origin: 'https://id.example', trustedProxies: 1 });
});
afterAll(() => Promise.all([web.close(), secure.close()]));

const get = (path: string, headers: Record<string, string> = HTML) => fetch(web.origin + path, { headers, redirect: 'manual' });

/** As it stands: fetch would repair some of these addresses and set its own Host. */
const raw = (origin: string, path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const req = request({ hostname, port, path, headers: { ...HTML, ...headers } }, (res) => {
      let text = '';
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    });
    req.on('error', reject);
    req.end();
  });

describe('the headers of a page', () => {
  it('xC5 forbid framing, scripts, foreign content and referrers', async () => {
    const { headers } = await get('/hello');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';style-src 'self';img-src 'self' data:;font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none'",
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('are the same on error pages', async () => {
    const [page, error] = await Promise.all([get('/hello'), get('/boom')]);
    expect(error.headers.get('content-security-policy')).toBe(page.headers.get('content-security-policy'));
  });

  it('ask for HTTPS in production', async () => {
    const { headers } = await fetch(`${secure.origin}/hello`, { headers: HTML });
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains');
  });

  it.each([
    ['https://app.example/callback?x=1', 'https://app.example'],
    ['http://127.0.0.1:3001/callback', 'http://127.0.0.1:3001'],
    ['http://[::1]:3001/callback', 'http:'],
    ['com.example.app:/callback', 'com.example.app:'],
  ])('let the form of this one page end at %s', async (to, source) => {
    const policy = (await get(`/form?to=${encodeURIComponent(to)}`)).headers.get('content-security-policy');
    expect(policy).toContain(`form-action 'self' ${source};`);
    expect(policy).toContain("img-src 'self' data: https://cdn.example;");
    expect((await get('/hello')).headers.get('content-security-policy')).toContain("form-action 'self';");
  });
});

describe('an error', () => {
  it('that nobody expected says nothing of itself on a page, and is in the log once with the number on the page', async () => {
    const before = web.logged.length;
    const response = await get('/boom');
    const html = await response.text();
    const id = response.headers.get('x-request-id') ?? '';
    expect(response.status).toBe(500);
    expect(html).toContain(id);
    expect(html).not.toMatch(/secret|connection string|\.ts|at .*:\d+/);
    const entries = web.logged.slice(before).filter((entry) => entry['level'] === 'error');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ request: id, code: 'internal_error' });
    expect(JSON.stringify(entries[0])).toContain(SECRET);
  });

  it('at the API is a problem document, whatever the client accepts', async () => {
    const response = await get('/api/boom');
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toEqual({
      type: 'urn:assent:error:internal_error',
      title: 'Something went wrong on our side.',
      status: 500,
      code: 'internal_error',
    });
  });

  it('at a protocol endpoint is an OAuth error for programs and a page for people', async () => {
    const program = await get('/oauth/down', { accept: '*/*' });
    expect(program.status).toBe(503);
    expect(program.headers.get('retry-after')).toBe('2');
    expect(await program.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(await (await get('/oauth/down')).text()).toContain('<h1>Not available just now</h1>');
  });

  it('of a page is a problem document for those who ask for JSON', async () => {
    const response = await get('/refused', { accept: 'application/json' });
    expect(response.status).toBe(409);
    expect(response.headers.get('x-extra')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'conflict', detail: 'It is taken.' });
  });

  it('tells when storage is down, to try again, with a link', async () => {
    const response = await get('/down');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.text()).toContain('<a class="button primary" href="/down">Try again</a>');
  });

  it('never links to another site, whatever address was asked for', async () => {
    for (const path of ['//evil.example/', '/\\evil.example/', '//evil.example/down']) {
      const { text } = await raw(web.origin, path);
      expect(text).not.toMatch(/href="(?!#|\/[a-z])/);
    }
  });

  it('of a form that is no longer valid leads back to its page', async () => {
    const response = await fetch(`${web.origin}/form`, { method: 'POST', body: new URLSearchParams({ csrf: 'x' }), headers: HTML });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<a class="button primary" href="/form">Open the page again</a>');
  });

  it('is 404 where there is nothing, and 405 with the methods where another method answers', async () => {
    expect((await get('/nothing')).status).toBe(404);
    const wrong = await fetch(`${web.origin}/hello`, { method: 'DELETE', headers: { accept: 'application/json' } });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('HEAD, GET');
    expect(await wrong.json()).toMatchObject({ code: 'method_not_allowed' });
  });
});

describe('xP15 a request that no honest client sends', () => {
  it.each([
    ['a NUL in the path', '/hello%00'],
    ['a path that does not decode', '/%zz'],
    ['a path that is not UTF-8', '/%ff'],
    ['a NUL in a parameter', '/hello?a=%00'],
    ['a parameter twice', '/hello?a=1&a=2'],
    ['__proto__', '/hello?__proto__=1'],
    ['__proto__ with a member', '/hello?__proto__[admin]=1'],
    ['constructor.prototype', '/hello?constructor.prototype.admin=1'],
    ['a huge address', `/hello?a=${'x'.repeat(9000)}`],
  ])('%s gets 400 and a page', async (_, path) => {
    const { status, text } = await raw(web.origin, path);
    expect(status).toBe(400);
    expect(text).toContain('<h1>That did not work</h1>');
  });

  it.each([
    ['of another type', 'application/json', '{}', 415],
    ['without a type', '', 'a=1', 415],
    ['that is compressed', 'application/x-www-form-urlencoded', 'a=1', 415, { 'content-encoding': 'gzip' }],
    ['that is huge', 'application/x-www-form-urlencoded', `a=${'x'.repeat(70_000)}`, 413],
    ['with too many fields', 'application/x-www-form-urlencoded', 'a=1&'.repeat(600), 413],
    ['with a prototype key', 'application/x-www-form-urlencoded', '__proto__=1', 400],
    ['with a NUL', 'application/x-www-form-urlencoded', 'a=%00', 400],
    ['with its token twice', 'application/x-www-form-urlencoded', 'csrf=1&csrf=2', 400],
  ])('a form %s is refused', async (_, type, body, status, more: Record<string, string> = {}) => {
    const response = await fetch(`${web.origin}/form`, { method: 'POST', body: Buffer.from(body), headers: { ...HTML, 'content-type': type, ...more } });
    expect(response.status).toBe(status);
  });

  it('a huge form without a length is cut off while it comes, and is answered', async () => {
    const chunk = Buffer.alloc(16_384, 'a');
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if ((sent += chunk.length) > 1_000_000) return controller.close();
        controller.enqueue(chunk);
      },
    });
    const init = { method: 'POST', body, duplex: 'half', headers: { ...HTML, 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await fetch(`${web.origin}/form`, init as RequestInit)).status).toBe(413);
  });
});

describe('xT3 what a request says about where it went', () => {
  it('is not believed: host and scheme are those of the issuer', async () => {
    const spoofed = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' };
    const { text } = await raw(secure.origin, '/whoami', { ...spoofed, accept: '*/*', 'x-forwarded-for': '203.0.113.9' });
    expect(JSON.parse(text)).toEqual({ address: '203.0.113.9', host: 'id.example', protocol: 'https', secure: true });
  });

  it('is not believed about the client either, when no proxy is trusted', async () => {
    const { text } = await raw(web.origin, '/whoami', { accept: '*/*', 'x-forwarded-for': '203.0.113.9' });
    expect(JSON.parse(text)).toMatchObject({ address: '127.0.0.1', host: new URL(web.origin).host, secure: false });
  });
});

describe('the access log', () => {
  it('xM3 holds the path and nothing that could be secret', async () => {
    const before = web.logged.length;
    await get('/hello?code=planted-code', { ...HTML, cookie: 'assent_session=planted-cookie', authorization: 'Bearer planted-token' });
    const entries = web.logged.slice(before);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ msg: 'request', method: 'GET', path: '/hello', status: 200, from: '127.0.0.1' });
    expect(JSON.stringify(entries)).not.toContain('planted');
  });

  it('I10 xM3 does not hold the id of a request that waits for a person: what storage keeps of it is sealed with that', async () => {
    const before = web.logged.length;
    for (const path of ['/sign-in/planted', '/consent/planted', '/oauth/authorize/planted']) await get(path);
    const entries = web.logged.slice(before);
    expect(JSON.stringify(entries)).not.toContain('planted');
    expect(entries.flatMap(({ msg, path }) => (msg === 'request' ? [path] : []))).toEqual(['/sign-in/[hidden]', '/consent/[hidden]', '/oauth/authorize/[hidden]']);
    for (const path of ['//consent/planted', '/consent//planted', '/Sign-In/planted', '/oauth//authorize/planted/more']) await get(path);
    expect(JSON.stringify(web.logged.slice(before))).not.toContain('planted');
  });
});

describe('files for everybody', () => {
  it('may be kept for a year at an address with their version, and are asked for again without it', async () => {
    const [, address = ''] = /href="(\/assent\.css[^"]*)"/.exec(await (await get('/hello')).text()) ?? [];
    const versioned = await get(address);
    expect(versioned.headers.get('content-type')).toMatch(/^text\/css/);
    expect(versioned.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/assent.css')).headers.get('cache-control')).toBe('public, max-age=300');
    expect((await get('/assent.css?v=other')).headers.get('cache-control')).toBe('public, max-age=300');
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '/.git/config', '/layout.ejs'])('are not %s', async (path) => {
    expect((await raw(web.origin, path)).status).toBe(404);
  });
});
