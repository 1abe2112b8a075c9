import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, begin, connect, exchange, introspect, signIn, type Attempt } from '#test/support/oauth-flow.ts';
import { publishVersion, registerApp } from '#test/support/register-app.ts';
import { startWorld, type Person, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let dan: Person;
/** Dan's; tests in which others sign in have one of their own. */
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startWorld();
  ({ dan } = world.people);
  browser = createHttpBrowser();
  await signIn(world, browser, dan);
});
beforeEach(async () => {
  for (const { id } of await grantsOf(dan)) await world.manage.remove(`/tenants/${world.tenants.northwind}/grants/${id}`);
});
afterAll(() => world.stop());

const grantsOf = async ({ id }: Person): Promise<{ id: string; permissions: string[]; sharedAccess: boolean }[]> =>
  (await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${id}`)).items;
const parameters = (more: Record<string, string> = {}) => ({ tenant: world.tenants.northwind, ...more });

async function openConsent(more: Parameters<typeof begin>[1] = {}, { person = dan, by = browser } = {}): Promise<{ attempt: Attempt; page: HttpPage }> {
  const attempt = begin(world, { ...more, parameters: parameters(more.parameters as Record<string, string>) });
  const page = await arrive(by, attempt, person);
  if (page.status !== 200 || !page.url.pathname.startsWith('/consent/')) throw new Error(`no consent page but ${page.url.href}`);
  return { attempt, page };
}
/** Presses Authorize and stays on the way back. */
const answer = async (page: HttpPage, { tick = [] as string[], by = browser } = {}): Promise<URL> =>
  (await by.submit(page, { button: 'Authorize', tick }, { stopAt: `${world.issuer}/oauth/authorize/` })).url;
const resumeOf = (page: HttpPage): URL => new URL(page.url.pathname.replace('/consent/', '/oauth/authorize/'), world.issuer);
/** The fields of the form as it stands there, with others. */
const fieldsOf = (page: HttpPage, ...more: [string, string][]): URLSearchParams => {
  const form = page.forms.find(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'));
  return new URLSearchParams([...(form?.controls ?? []).filter(({ box, name }) => !box && name !== '').map(({ name, value }): [string, string] => [name, value]), ...more]);
};
const hasCode = (page: HttpPage): boolean => page.url.searchParams.has('code');

/** Nothing came of it: no code, no grant. */
async function expectNothing(page: HttpPage): Promise<void> {
  expect({ at: page.url.pathname, code: hasCode(page), ours: page.status >= 500 }).toEqual({ at: page.url.pathname, code: false, ours: false });
  expect(await grantsOf(dan)).toEqual([]);
}

describe('xC1 without a yes on the page nothing is granted', () => {
  test('going on without answering leads back to the question', async () => {
    const { attempt, page } = await openConsent();
    await expectNothing(await browser.open(resumeOf(page), { stopAt: attempt.app.redirectUri }));
  });

  const flags: Record<string, string>[] = [
    { prompt: 'none' },
    { prompt: 'none', consent: 'granted', approval_prompt: 'auto', decision: 'authorize', skip: 'true', bypass: '1' },
    { result: '{"consent":{}}', grant_id: 'gnt_x', consent: '{"user":{"permissions":["openid"]}}' },
    { login_hint: 'ada@northwind.example', prompt: 'login none' },
    { acr_values: 'trusted', display: 'none', trusted: '["scope"]' },
    { include_granted_scopes: 'true', prompt: 'none' },
  ];
  test.each(flags)('no parameter skips it: %j', async (more) => {
    const attempt = begin(world, { parameters: parameters(more) });
    await expectNothing(await browser.open(attempt.url, { stopAt: attempt.app.redirectUri }));
  });

  test('nor does a GET of the page or of the way back with an answer in its query', async () => {
    const { attempt, page } = await openConsent();
    for (const url of [page.url, resumeOf(page)]) {
      for (const query of ['decision=authorize', fieldsOf(page, ['decision', 'authorize']), 'consent[user]=1&result=1']) {
        await expectNothing(await browser.open(`${url.href.split('?')[0]}?${query}`, { stopAt: attempt.app.redirectUri }));
      }
    }
  });

  test('nor a form that comes from another site with the person’s cookies, even with all its fields right', async () => {
    const { attempt, page } = await openConsent();
    const body = fieldsOf(page, ['decision', 'authorize']);
    const send = (headers: Record<string, string>, to = page.url) =>
      fetch(to, { method: 'POST', body, redirect: 'manual', headers: { cookie: browser.cookies(page.url), accept: 'text/html', ...headers } });
    expect((await send({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send({ origin: 'http://other.127.0.0.1.example', 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await send({ origin: 'https://evil.example' })).status).toBe(403);
    // Without the cookie that its token belongs to, from our own page or not.
    const others = createHttpBrowser();
    await others.open(`${world.issuer}/sign-in`);
    expect((await send({ 'sec-fetch-site': 'same-origin', cookie: others.cookies(page.url) })).status).toBe(400);
    await expectNothing(await browser.open(resumeOf(page), { stopAt: attempt.app.redirectUri }));
  });
});

describe('xC2 a link is good in the browser that asked and for the person who signed in', () => {
  test('opened in another browser, whoever sits there, it shows and gives nothing', async () => {
    const { attempt, page } = await openConsent();
    const others = createHttpBrowser();
    await signIn(world, others, dan);
    for (const [person, other] of [[undefined, createHttpBrowser()], [dan, others]] as const) {
      for (const url of [page.url, resumeOf(page)]) {
        const seen = await other.open(url, { stopAt: attempt.app.redirectUri });
        expect(seen.status).toBe(400);
        expect(person?.id === dan.id || !seen.html.includes(dan.email)).toBe(true);
        await expectNothing(seen);
      }
    }
  });

  test('somebody else signs in before the answer: it is refused, and neither of them gave anything', async () => {
    const by = createHttpBrowser();
    const { attempt, page } = await openConsent({}, { by });
    await signIn(world, by, world.people.chloe);
    const posted = await by.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    expect(posted.status).toBe(400);
    await expectNothing(posted);
    expect(await grantsOf(world.people.chloe)).toEqual([]);
  });

  test('somebody else signs in after the answer, before the way back: the same', async () => {
    const by = createHttpBrowser();
    const { attempt, page } = await openConsent({}, { by });
    const way = await answer(page, { by });
    await signIn(world, by, world.people.chloe);
    await expectNothing(await by.open(way, { stopAt: attempt.app.redirectUri }));
    expect(await grantsOf(world.people.chloe)).toEqual([]);
  });

  test('somebody else signs in while the first is on the way back from signing in: no error of ours, and no code for either', async () => {
    const by = createHttpBrowser();
    const attempt = begin(world, { parameters: parameters() });
    const form = await by.open(attempt.url, { stopAt: attempt.app.redirectUri });
    const { email, password } = dan;
    const way = await by.submit(form, { button: 'Sign in', fill: { email, password } }, { stopAt: `${world.issuer}/oauth/authorize/` });
    await signIn(world, by, world.people.chloe);
    const seen = await by.open(way.url, { stopAt: attempt.app.redirectUri });
    expect([seen.status, seen.html.includes('has expired or was already used')]).toEqual([400, true]);
    await expectNothing(seen);
    expect(await grantsOf(world.people.chloe)).toEqual([]);
  });

  test('I2 the session ends while the person is on the way back from signing in: it does not begin anew with that, also for an app that needs to ask nothing', async () => {
    const { ada } = world.people;
    await connect(world, ada);
    const by = createHttpBrowser();
    const attempt = begin(world, { parameters: parameters() });
    const form = await by.open(attempt.url, { stopAt: attempt.app.redirectUri });
    const way = await by.submit(form, { button: 'Sign in', fill: { email: ada.email, password: ada.password } }, { stopAt: `${world.issuer}/oauth/authorize/` });
    await world.manage.remove(`/users/${ada.id}/sessions`);
    const seen = await by.open(way.url, { stopAt: attempt.app.redirectUri });
    expect([seen.status, hasCode(seen), seen.html.includes('has expired or was already used')]).toEqual([400, false, true]);
  });

  test('the sign-in page of somebody’s request, planted in a victim’s browser, signs nobody in for it', async () => {
    const attacker = createHttpBrowser();
    const form = await attacker.open(begin(world).url);
    const victim = createHttpBrowser();
    const seen = await victim.open(form.url);
    expect(seen.status).toBe(400);
    const posted = await victim.submit(form, { button: 'Sign in', fill: { email: dan.email, password: dan.password } });
    expect([400, 403]).toContain(posted.status);
  });
});

describe('xC4 what is granted is what was shown', () => {
  test('the request cannot grow on its way back', async () => {
    const { attempt, page } = await openConsent();
    const way = await answer(page);
    way.search = String(new URLSearchParams({ scope: 'openid meetings:read meetings:write', include_granted_scopes: 'true', tenant: world.tenants.contoso, redirect_uri: 'https://evil.example/', client_id: world.apps.notes.id }));
    const back = await browser.open(way, { stopAt: attempt.app.redirectUri });
    const { body } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(body.scope.split(' ')).not.toContain('meetings:write');
    const [grant] = await grantsOf(dan);
    expect(grant?.permissions).not.toContain('meetings:write');
  });

  test('what was shown and left is in no token, and a refresh does not bring it', async () => {
    const { tokens } = await connect(world, dan, { browser, parameters: { scope: 'openid offline_access meetings:read meetings:write calendar:read' }, tick: ['permission=calendar:read'] });
    expect(tokens.scope.split(' ')).not.toContain('meetings:write');
    expect((await introspect(world, tokens.access_token)).body.scope.split(' ').toSorted()).toEqual(['calendar:read', 'meetings:read', 'offline_access', 'openid']);
  });

  describe('when the app changes under the page', () => {
    const VERSION = { redirectUris: ['https://shifty.example/callback'], permissions: { user: { required: ['calendar:read'], optional: ['rooms:read'] } } };
    const GREEDY = { ...VERSION, permissions: { user: { required: ['calendar:read', 'meetings:read'], optional: ['rooms:read'] } } };
    const SCOPE = 'openid calendar:read rooms:read meetings:read';
    const shifty = (): Promise<TestApp> => registerApp(world.manage, { name: 'Shifty', authMethod: 'none' }, VERSION);

    test('between the page and the answer, the page is shown again', async () => {
      const app = await shifty();
      const { attempt, page } = await openConsent({ app, parameters: { scope: 'openid calendar:read rooms:read' } });
      await publishVersion(world.manage, app.id, GREEDY);
      const again = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
      expect(again.status).toBe(409);
      await expectNothing(again);
    });

    test('between the answer and the way back, nothing is given that was not on the page', async () => {
      const app = await shifty();
      const { attempt, page } = await openConsent({ app, parameters: { scope: 'openid calendar:read rooms:read' } });
      const way = await answer(page, { tick: ['permission=rooms:read'] });
      await publishVersion(world.manage, app.id, GREEDY);
      const back = await browser.open(way, { stopAt: attempt.app.redirectUri });
      const [grant] = await grantsOf(dan);
      expect(grant?.permissions.includes('meetings:read') ?? false).toBe(false);
      if (hasCode(back)) expect((await exchange(world, attempt, back.url.searchParams.get('code'))).body.scope.split(' ')).not.toContain('meetings:read');
    });

    test('a version that declares less takes it from live tokens at once', async () => {
      const app = await registerApp(world.manage, { name: 'Shifty', authMethod: 'none' }, GREEDY);
      const { tokens } = await connect(world, dan, { browser, app, parameters: { scope: `${SCOPE} offline_access` }, tick: ['permission=rooms:read'] });
      const scopeNow = async () => (await introspect(world, tokens.access_token)).body.scope.split(' ');
      expect(await scopeNow()).toContain('meetings:read');
      await publishVersion(world.manage, app.id, VERSION);
      expect(await scopeNow()).not.toContain('meetings:read');
    });
  });

  test('I4 a yes that named an undeclared permission by hand is refused whole', async () => {
    const { attempt, page } = await openConsent({ parameters: { scope: 'openid meetings:read meetings:write' } });
    for (const tick of ['calendar:read', 'meetings:read', 'full_control', 'shared_access', 'offline_access', '__proto__']) {
      const body = fieldsOf(page, ['permission', tick], ['decision', 'authorize']);
      const { status } = await fetch(page.url, { method: 'POST', body, redirect: 'manual', headers: { cookie: browser.cookies(page.url), accept: 'text/html', 'sec-fetch-site': 'same-origin' } });
      expect({ tick, status }).toEqual({ tick, status: 400 });
    }
    await expectNothing(await browser.open(resumeOf(page), { stopAt: attempt.app.redirectUri }));
  });
});

test('xC5 no page of the way can be framed, kept or scripted', async () => {
  const { page } = await openConsent();
  const pages = [
    page,
    await createHttpBrowser().open(begin(world).url),
    await browser.open(`${world.issuer}/account`),
    await createHttpBrowser().open(begin(world, { parameters: { redirect_uri: 'https://evil.example/' } }).url),
    await createHttpBrowser().open(page.url),
  ];
  for (const { url, headers, html } of pages) {
    const policy = headers.get('content-security-policy') ?? '';
    expect({ at: url.pathname, frames: /frame-ancestors 'none'/.test(policy), scripts: /script-src|unsafe|default-src (?!'none')/.test(policy) }).toEqual({ at: url.pathname, frames: true, scripts: false });
    expect([headers.get('x-frame-options'), headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['DENY', 'no-store', 'no-referrer']);
    expect(html).not.toMatch(/<script|\son\w+=|javascript:/i);
  }
});

describe('xC6 what strangers wrote is inert on the whole server', () => {
  const asText = (text: string): string => text.replaceAll(/[<>"']/g, (letter) => ({ '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' })[letter] ?? letter);

  test.each(['"><script>alert(1)</script>', '<img src=x onerror=alert(1)>', '{{7*7}}<%= 7*7 %>${7*7}', "' onfocus='alert(1)"])('%j as name, developer and state', async (text) => {
    const app = await registerApp(
      world.manage,
      { name: text, authMethod: 'none', developer: { name: text, verified: false } },
      { redirectUris: ['https://stranger.example/callback'], permissions: { user: { required: ['calendar:read'] } } },
    );
    const { page } = await openConsent({ app, parameters: { scope: 'openid calendar:read', state: text, login_hint: text } });
    expect(page.html).toContain(`<bdi>${asText(text)}</bdi>`);
    expect(page.html).not.toMatch(/<script|<img src=x|' onfocus/);
  });

  test.each(['a\u202eb', 'a\u2066b', 'a\u0000b', 'a\nb', '\ufeff', ' '])('%j is no name', async (name) => {
    const { status, body } = await world.manage.ask('POST', '/apps', { name, developer: { name: 'Somebody' }, authMethod: 'none' });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  });

  test.each(['javascript:alert(1)', 'data:image/svg+xml,<svg onload=alert(1)>', 'http://cdn.example/logo.png', 'https://cdn.example/logo.png\n;script-src *', '//cdn.example/x.png', 'https://user:pass@cdn.example/x.png'])(
    '%j is no picture',
    async (logoUri) => {
      const { status } = await world.manage.ask('POST', '/apps', { name: 'Pictured', developer: { name: 'Somebody' }, authMethod: 'none', logoUri });
      expect(status).toBe(400);
    },
  );

  test('what a person is called is text too', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const email = 'markup@northwind.example';
    const { id } = await world.manage.post('/users', { email, name, password: dan.password });
    await world.manage.post(`/tenants/${world.tenants.northwind}/members`, { user: id });
    const by = createHttpBrowser();
    const { page } = await openConsent({}, { person: { id, email, name, password: dan.password }, by });
    expect(page.html).not.toContain('<img src=x');
    const account = await by.open(`${world.issuer}/account`);
    expect(account.html).toContain('&lt;img src=x');
    expect(account.html).not.toContain('<img src=x');
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
