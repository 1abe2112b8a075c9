import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { csrfToken } from '#src/http/csrf.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { createRouter } from '#src/http/web-context.ts';
import type { LiveSession } from '#src/sign-in/session.ts';
import { startWeb, type TestWeb } from '#test/support/web.ts';

let web: TestWeb;

beforeAll(async () => {
  const router = createRouter();
  // Stands for whoever signs people in: the header names the session.
  router.use((ctx, next) => {
    const id = ctx.get('x-session');
    if (id !== '') ctx.state.signedIn = { session: { id }, user: { id: 'usr_1', name: 'Ada', email: 'ada@example.com' } } as LiveSession;
    return next();
  });
  router.get('/token/:purpose', (ctx) => {
    ctx.body = csrfToken(ctx, ctx.params['purpose'] ?? '');
  });
  router.post('/do/:purpose', async (ctx) => {
    await postedForm(ctx, ctx.params['purpose'] ?? '');
    ctx.body = 'done';
  });
  web = await startWeb({ mounts: [{ at: ['/'], manner: 'page', use: router.routes() }] });
});
afterAll(() => web.close());

interface Made {
  token: string;
  cookie: string;
}

async function tokenFor(purpose: string, headers: Record<string, string> = {}): Promise<Made> {
  const response = await fetch(`${web.origin}/token/${purpose}`, { headers });
  return { token: await response.text(), cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? headers['cookie'] ?? '' };
}

async function send(purpose: string, { token, cookie }: Made, headers: Record<string, string> = {}): Promise<number> {
  const body = new URLSearchParams({ csrf: token }).toString();
  const type = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(`${web.origin}/do/${purpose}`, { method: 'POST', body, headers: { ...type, cookie, ...headers } });
  if (response.status === 403) expect(await response.json()).toMatchObject({ code: 'csrf_failed' });
  return response.status;
}

describe('the token in a form', () => {
  let made: Made;
  beforeEach(async () => {
    made = await tokenFor('rename');
  });

  it('opens the form that it was made for, more than once', async () => {
    expect([await send('rename', made), await send('rename', made)]).toEqual([200, 200]);
  });

  it('opens no form of another purpose', async () => {
    expect(await send('remove', made)).toBe(403);
  });

  it('opens nothing in another browser, or in one without the cookie', async () => {
    const other = await tokenFor('rename');
    expect(await send('rename', { ...made, cookie: other.cookie })).toBe(403);
    expect(await send('rename', { ...made, cookie: '' })).toBe(403);
  });

  it.each(['', 'x', 'A'.repeat(59), 'A'.repeat(5000), '__proto__'])('is not %j', async (token) => {
    expect(await send('rename', { ...made, token })).toBe(403);
  });

  it('is bound to the session: another person, the same person signed in anew, or nobody cannot use it', async () => {
    const mine = await tokenFor('rename', { cookie: made.cookie, 'x-session': 'sid_ada' });
    expect(await send('rename', mine, { 'x-session': 'sid_ada' })).toBe(200);
    expect(await send('rename', mine, { 'x-session': 'sid_ben' })).toBe(403);
    expect(await send('rename', mine)).toBe(403);
    expect(await send('rename', made, { 'x-session': 'sid_ada' })).toBe(403);
  });

  it('looks different each time, so that a compressed page does not give it away', async () => {
    const again = await tokenFor('rename', { cookie: made.cookie });
    expect(again.token).not.toBe(made.token);
    expect(await send('rename', again)).toBe(200);
  });

  it('has a cookie that scripts and other sites do not get', async () => {
    const response = await fetch(`${web.origin}/token/rename`);
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^assent_form=[\w-]{22}; path=\/; samesite=lax; httponly$/i)]);
  });
});

describe('a form that is sent from elsewhere', () => {
  it.each([
    ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['from another host of the same site', { 'sec-fetch-site': 'same-site' }, 403],
    ['from our page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['by hand', { 'sec-fetch-site': 'none' }, 200],
    ['from another origin, by a browser that says no more', { origin: 'https://evil.example' }, 403],
    ['from our page, whose origin is hidden as its referrer is', { origin: 'null' }, 200],
    ['from another site that hides its origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s: %j gets %i, with the right token', async (_, headers, status) => {
    expect(await send('rename', await tokenFor('rename'), headers)).toBe(status);
  });

  it('is taken with our own origin', async () => {
    expect(await send('rename', await tokenFor('rename'), { origin: web.origin })).toBe(200);
  });
});
