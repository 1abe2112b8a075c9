import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { findSession, sessionsOf } from '#src/sign-in/session-store.ts';
import { updateUser } from '#src/tenants/user-store.ts';
import { failingStore } from '#test/support/failing-store.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';

import { PASSWORD, startSignInWorld, type SignInWorld } from './world.ts';

let world: SignInWorld;
let browser: HttpBrowser;

beforeEach(async () => {
  world = await startSignInWorld();
  browser = createHttpBrowser();
});
afterEach(() => world.close());

const signIn = async (email = 'ada@northwind.example', password = PASSWORD, { path = '/sign-in', from = browser, at = world } = {}) =>
  from.submit(await from.open(at.origin + path), { button: 'Sign in', fill: { email, password } });

const sessionCookie = () => browser.cookie(world.origin, 'assent_session') ?? '';
const text = (html: string): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');

describe('signing in', () => {
  it('leads to the account, and the session is that of the person', async () => {
    const page = await signIn(' Ada@Northwind.example ');
    expect(page.url.pathname).toBe('/account');
    expect(page.html).toContain('Ada Lovell');
    expect((await findSession(world.deps, sessionCookie()))?.user.id).toBe(world.ada.id);
  });

  it('leads back to the page that asked for it', async () => {
    const asked = await browser.open(`${world.origin}/account/security?done=password`);
    expect(asked.url.pathname).toBe('/sign-in');
    const page = await browser.submit(asked, { button: 'Sign in', fill: { email: 'ada@northwind.example', password: PASSWORD } });
    expect(page.url.pathname + page.url.search).toBe('/account/security?done=password');
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)'])('never leads to %j', async (returnTo) => {
    const page = await signIn(undefined, undefined, { path: `/sign-in?return_to=${encodeURIComponent(returnTo)}` });
    expect(page.url.href).toBe(`${world.origin}/account`);
  });

  it('gives a new cookie each time, and never takes one that somebody planted', async () => {
    const planted = `ses_00${'a'.repeat(43)}`;
    const form = await browser.open(`${world.origin}/sign-in`);
    const cookie = `assent_form=${browser.cookie(world.origin, 'assent_form')}; assent_session=${planted}`;
    await browser.submit(form, { button: 'Sign in', fill: { email: 'ada@northwind.example', password: PASSWORD } }, { headers: { cookie } });
    const first = sessionCookie();
    expect(first).not.toBe(planted);
    await signIn();
    expect(sessionCookie()).not.toBe(first);
    expect(await findSession(world.deps, first)).toBeUndefined();
    expect(await sessionsOf(world.deps, world.ada.id)).toHaveLength(1);
  });

  it('as another person ends the session of the one before', async () => {
    await signIn();
    const before = sessionCookie();
    const again = await browser.open(`${world.origin}/sign-in`);
    expect(text(again.html)).toContain('You are signed in as Ada Lovell ( ada@northwind.example ). Go on as this person , or');
    const page = await browser.submit(again, { button: 'Sign in', fill: { email: 'ben@northwind.example', password: PASSWORD } });
    expect(page.html).toContain('Ben Okafor');
    expect(await findSession(world.deps, before)).toBeUndefined();
  });

  it('says beside the fields and above the form what is missing, without looking anybody up', async () => {
    const page = await signIn('ada at northwind', '');
    expect(page.status).toBe(422);
    expect(page.html).toContain('<a href="#email">Enter your e-mail address, like name@example.com.</a>');
    expect(page.html).toContain('<a href="#password">Enter your password.</a>');
    expect(page.html).toMatch(/value="ada at northwind"[^>]*aria-invalid="true" aria-describedby="email-problem"/);
  });

  it('sets cookies that scripts, other sites and plain HTTP do not get', async () => {
    const world2 = await startSignInWorld({ origin: 'https://id.example', production: true });
    try {
      const form = await fetch(`${world2.origin}/sign-in`);
      const token = /name="csrf" value="([^"]*)"/.exec(await form.text())?.[1] ?? '';
      const cookie = form.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const body = new URLSearchParams({ csrf: token, email: 'ada@northwind.example', password: PASSWORD }).toString();
      const response = await fetch(`${world2.origin}/sign-in`, { method: 'POST', redirect: 'manual', body, headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' } });
      expect([...form.headers.getSetCookie(), ...response.headers.getSetCookie()]).toEqual([
        expect.stringMatching(/^assent_form=[\w-]{22}; path=\/; samesite=lax; secure; httponly$/i),
        expect.stringMatching(/^assent_session=ses_\w{45}; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/i),
        expect.stringMatching(/^assent_device=[\w-]{22}\.[\w-]{43}; path=\/; expires=[^;]+; samesite=lax; secure; httponly$/i),
      ]);
      expect(response.headers.get('cache-control')).toBe('no-store');
    } finally {
      await world2.close();
    }
  });

  it('xM3 leaves no password and no cookie in the log', async () => {
    await signIn(undefined, 'a wrong planted password');
    await signIn();
    const logged = JSON.stringify(world.web.logged);
    expect(logged).not.toContain('planted');
    expect(logged).not.toContain(PASSWORD);
    expect(logged).not.toContain(sessionCookie());
  });

  it('I9 is refused with 503 when storage does not answer, at whichever call', async () => {
    const outcomes: number[] = [];
    for (let at = 1; at <= 24; at += 1) {
      const failing = await startSignInWorld({ beside: world, wrapStore: (store) => failingStore(store, { at, when: 'before' }).store });
      world.later(2 * 3_600_000); // a try that broke off counts as a wrong one
      const visitor = createHttpBrowser();
      const page = await signIn(undefined, undefined, { from: visitor, at: failing, path: '/sign-in' });
      outcomes.push(page.status);
      await failing.close();
    }
    expect(outcomes.slice(0, 4)).toEqual([503, 503, 503, 503]);
    expect(new Set(outcomes)).toEqual(new Set([503, 200]));
  });
});

describe('who cannot sign in', () => {
  const attempt = async (email: string, password: string) => {
    const page = await signIn(email, password, { from: createHttpBrowser() });
    const headers = Object.fromEntries([...page.headers].filter(([name]) => !['date', 'x-request-id', 'set-cookie', 'content-length', 'retry-after'].includes(name)));
    return { status: page.status, text: text(page.html).replaceAll(email, '…'), headers, cookies: page.headers.getSetCookie().map((cookie) => cookie.split('=')[0]) };
  };

  it('gets one answer, whether the person is unknown, disabled, without a password, or the password is wrong', async () => {
    const wrong = await attempt('ada@northwind.example', 'wrong');
    expect(wrong).toMatchObject({ status: 401, cookies: [] });
    expect(wrong.text).toContain('The e-mail address or the password is wrong.');
    await updateUser(world.deps, { id: world.ben.id, status: 'disabled' }, { kind: 'system' });
    expect(await attempt('ben@northwind.example', PASSWORD)).toEqual(wrong);
    expect(await attempt('nobody@northwind.example', 'wrong')).toEqual(wrong);
  });

  it('costs the same work: a hash is computed for people who do not exist, too', async () => {
    const hashes: (string | null)[] = [];
    const { passwords } = world.deps;
    const verify = passwords.verify.bind(passwords);
    Object.assign(passwords, { verify: (password: string, hash: string | null) => (hashes.push(hash), verify(password, hash)) });
    await attempt('ada@northwind.example', 'wrong');
    await attempt('nobody@northwind.example', 'wrong');
    expect(hashes).toEqual([world.ada.passwordHash, null]);
  });
});

describe('signing in because an app waits', () => {
  it('says which app, fills in the hint, lets the form end at the app, and leads on with the request', async () => {
    const form = await browser.open(`${world.origin}/sign-in/waiting`);
    expect(text(form.html)).toContain('to continue to Scheduler Pro');
    expect(form.html).toContain('value="ada@northwind.example"');
    expect(form.headers.get('content-security-policy')).toContain("form-action 'self' https://scheduler.example;");
    const page = await browser.submit(form, { button: 'Sign in', fill: { password: PASSWORD } }, { stopAt: `${world.origin}/resumed` });
    expect(page.url.pathname).toBe('/resumed/waiting');
    expect(world.told).toEqual([world.ada.id]);
    expect((await findSession(world.deps, sessionCookie()))?.user.id).toBe(world.ada.id);
  });

  it('lets the form end at the app after a wrong password too, and tells the app nothing', async () => {
    const page = await signIn(undefined, 'wrong', { path: '/sign-in/waiting' });
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://scheduler.example;");
    expect(world.told).toEqual([]);
  });

  it('is over with a plain page when the request has expired', async () => {
    const page = await browser.open(`${world.origin}/sign-in/gone`);
    expect(page.status).toBe(400);
    expect(page.html).toContain('Go back to the app and start again.');
  });

  it('xC1 is not possible with the token of another request, of none, or by GET', async () => {
    const direct = await browser.open(`${world.origin}/sign-in`);
    const moved = { ...direct, forms: direct.forms.map((form) => ({ ...form, action: '/sign-in/waiting' })) };
    const page = await browser.submit(moved, { button: 'Sign in', fill: { email: 'ada@northwind.example', password: PASSWORD } });
    expect(page.status).toBe(403);
    await browser.open(`${world.origin}/sign-in/waiting?email=ada%40northwind.example&password=${encodeURIComponent(PASSWORD)}`);
    expect(world.told).toEqual([]);
    expect(sessionCookie()).toBe('');
  });
});

describe('signing out', () => {
  it('ends the session and says so', async () => {
    await signIn();
    const cookie = sessionCookie();
    const page = await browser.submit(await browser.open(`${world.origin}/account`), { button: 'Sign out' });
    expect(page.url.pathname).toBe('/sign-out');
    expect(page.html).toContain('<h1>You are signed out</h1>');
    expect(sessionCookie()).toBe('');
    expect(await findSession(world.deps, cookie)).toBeUndefined();
  });

  it('asks first when it is opened as an address', async () => {
    await signIn();
    const page = await browser.open(`${world.origin}/sign-out`);
    expect(page.html).toContain('<h1>Sign out?</h1>');
    expect(sessionCookie()).not.toBe('');
  });

  it('leads on only to a path of ours', async () => {
    for (const [next, path] of [['/sign-in?return_to=%2Faccount', '/sign-in'], ['https://evil.example/', '/sign-out']] as const) {
      await signIn();
      const page = await browser.open(`${world.origin}/sign-out`);
      const withNext = page.forms.map((form) => ({ ...form, controls: [...form.controls, { name: 'next', value: next, box: false, checked: false }] }));
      expect((await browser.submit({ ...page, forms: withNext }, { button: 'Sign out' })).url.href).toBe(new URL(next.startsWith('/') ? next : path, world.origin).href);
    }
  });

  it('is no error for somebody who is signed out already', async () => {
    await signIn();
    const page = await browser.open(`${world.origin}/account`);
    await browser.submit(page, { button: 'Sign out' });
    expect((await browser.submit(page, { button: 'Sign out' })).html).toContain('<h1>You are signed out</h1>');
  });
});
