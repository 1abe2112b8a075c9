import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { createSession, findSession, sessionsOf } from '#src/sign-in/session-store.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';

import { PASSWORD, startSignInWorld, type SignInWorld } from './world.ts';

const NEXT = 'a wholly different phrase';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let world: SignInWorld;
let browser: HttpBrowser;

beforeEach(async () => {
  world = await startSignInWorld();
  browser = createHttpBrowser();
  await signIn();
});
afterEach(() => world.close());

const open = (path: string): Promise<HttpPage> => browser.open(world.origin + path);

const signIn = async (email = 'ada@northwind.example', password = PASSWORD, from = browser): Promise<HttpPage> =>
  from.submit(await from.open(`${world.origin}/sign-in`), { button: 'Sign in', fill: { email, password } });

const elsewhere = (user = world.ada) =>
  createSession(world.deps, { user, userAgent: FIREFOX, address: '198.51.100.9', expiresAt: world.deps.clock() + 3_600_000 });

const cookie = () => browser.cookie(world.origin, 'assent_session') ?? '';

describe('pages of one’s own', () => {
  it.each(['/account', '/account/security', '/account/security/password', '/account/security/sessions/sid_x', '/account/security/sign-out-everywhere'])(
    '%s leads others to the sign-in page and back',
    async (path) => {
      const page = await createHttpBrowser().open(world.origin + path);
      expect([page.url.pathname, page.url.searchParams.get('return_to')]).toEqual(['/sign-in', path]);
    },
  );

  it('start at the overview, which lists the sections', async () => {
    const page = await open('/');
    expect(page.url.pathname).toBe('/account');
    expect(page.html).toContain('<a href="/account/security">Security</a>');
    expect(page.html).toContain('<a href="/account" aria-current="page">Overview</a>');
  });

  it('are not sent again when the session ended before the form was sent', async () => {
    const form = await open('/account/security/sign-out-everywhere');
    const { session } = await elsewhere();
    const [mine] = (await sessionsOf(world.deps, world.ada.id)).filter(({ id }) => id !== session.id);
    await browser.submit(await open(`/account/security/sessions/${mine?.id}`), { button: /^Sign out$/ });
    const page = await browser.submit(form, { button: 'Sign out everywhere' });
    expect(page.url.pathname).toBe('/sign-in');
    expect(await sessionsOf(world.deps, world.ada.id)).toHaveLength(1);
  });
});

describe('where one is signed in', () => {
  it('is listed with browser, address and times, this browser first', async () => {
    await elsewhere();
    const { html } = await open('/account/security');
    expect(html).toContain('Firefox on Linux');
    expect(html).toContain('198.51.100.9');
    expect(html.indexOf('This browser')).toBeLessThan(html.indexOf('Firefox on Linux'));
    expect(html).not.toContain(cookie());
  });

  it('can be ended there, after a question', async () => {
    const other = await elsewhere();
    const question = await open(`/account/security/sessions/${other.session.id}`);
    expect(question.html).toContain('<h1>Sign out there?</h1>');
    expect(await findSession(world.deps, other.cookie)).toBeDefined();
    const page = await browser.submit({ ...question, forms: question.forms.slice(1) }, { button: 'Sign out' });
    expect(page.html).toContain('You were signed out there.');
    expect(await findSession(world.deps, other.cookie)).toBeUndefined();
    expect(await findSession(world.deps, cookie())).toBeDefined();
  });

  it('shows and ends nothing of other people: their sessions look like none', async () => {
    const bens = await elsewhere(world.ben);
    const [foreign, unknown] = await Promise.all([open(`/account/security/sessions/${bens.session.id}`), open('/account/security/sessions/sid_00unknown')]);
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    const visible = (page: HttpPage) => page.html.replaceAll(/<code>.*?<\/code>|value="[^"]*"/g, '');
    expect(visible(foreign)).toBe(visible(unknown));
    expect(await findSession(world.deps, bens.cookie)).toBeDefined();
  });

  it('can be ended everywhere at once', async () => {
    const other = await elsewhere();
    const mine = cookie();
    const page = await browser.submit(await open('/account/security/sign-out-everywhere'), { button: 'Sign out everywhere' });
    expect(page.html).toContain('<h1>You are signed out</h1>');
    expect([await findSession(world.deps, mine), await findSession(world.deps, other.cookie)]).toEqual([undefined, undefined]);
  });
});

describe('changing the password', () => {
  const change = async (current: string, next: string, repeat = next): Promise<HttpPage> =>
    browser.submit(await open('/account/security/password'), {
      button: 'Change password',
      fill: { current_password: current, new_password: next, repeat_password: repeat },
    });

  it('ends all sessions but goes on in this browser under a new cookie, and the new password is the only one', async () => {
    const other = await elsewhere();
    const before = cookie();
    const page = await change(PASSWORD, NEXT);
    expect(page.html).toContain('Your password was changed. You were signed out everywhere else.');
    expect(cookie()).not.toBe(before);
    expect([await findSession(world.deps, before), await findSession(world.deps, other.cookie)]).toEqual([undefined, undefined]);
    expect((await signIn(undefined, PASSWORD, createHttpBrowser())).status).toBe(401);
    expect((await signIn(undefined, NEXT, createHttpBrowser())).url.pathname).toBe('/account');
  });

  it.each([
    ['a wrong current one', ['wrong', NEXT, NEXT], 'The current password is wrong.'],
    ['none', ['', NEXT, NEXT], 'Enter your current password.'],
    ['a short one', [PASSWORD, 'short', 'short'], 'Use at least 12 characters.'],
    ['the same one', [PASSWORD, PASSWORD, PASSWORD], 'This is your current password.'],
    ['two that differ', [PASSWORD, NEXT, `${NEXT}!`], 'The two new passwords differ.'],
  ])('is refused for %s', async (_, [current = '', next = '', repeat], said) => {
    const page = await change(current, next, repeat);
    expect(page.status).toBe(422);
    expect(page.html).toContain(said);
    expect(page.html).not.toContain(NEXT);
    expect(await findSession(world.deps, cookie())).toBeDefined();
  });

  it('is no place to guess: wrong tries have to wait, and then the right password too', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await change('wrong', NEXT)).status);
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
    const page = await change(PASSWORD, NEXT);
    expect(page.html).toContain('Too many tries. Wait');
  });
});

describe('xM1 every form of the account', () => {
  it.each([
    ['/account/security/password', 'Change password'],
    ['/account/security/sign-out-everywhere', 'Sign out everywhere'],
    ['/account/security/sessions/:id', /^Sign out$/],
    ['/sign-out', /^Sign out$/],
  ])('%s does nothing without its token, with that of another form, or sent from elsewhere', async (path, button) => {
    const { session } = await elsewhere();
    const page = await open(path.replace(':id', session.id));
    const own = page.forms.filter((form) => form.action === path.replace(':id', session.id)).slice(-1);
    const other = (await open('/account')).forms[0]?.controls.find(({ name }) => name === 'csrf')?.value ?? '';
    const stranger = createHttpBrowser();
    await signIn('ben@northwind.example', PASSWORD, stranger);
    const bens = (await stranger.open(`${world.origin}/account/security/password`)).forms[1]?.controls.find(({ name }) => name === 'csrf')?.value ?? '';
    const tokens = path === '/sign-out' ? ['', bens] : ['', other, bens];
    for (const token of tokens) {
      const forms = own.map((form) => ({ ...form, controls: form.controls.map((control) => (control.name === 'csrf' ? { ...control, value: token } : control)) }));
      expect((await browser.submit({ ...page, forms }, { button })).status).toBe(403);
    }
    const forged = { ...page, url: new URL('https://evil.example/'), forms: own.map((form) => ({ ...form, action: world.origin + form.action })) };
    expect((await browser.submit(forged, { button })).status).toBe(403);
    expect(await sessionsOf(world.deps, world.ada.id)).toHaveLength(2);
    expect((await findSession(world.deps, cookie()))?.user.passwordHash).toBe(world.ada.passwordHash);
  });
});
