import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { siteVersion } from '#test/support/sites.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import type { Person } from '#test/support/world.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const callback = () => `${stage.app}/callback`;
const cookieOf = (browser: HttpBrowser) => browser.cookie(stage.app, `session_${stage.world.apps.scheduler.id}`);

/** Up to the answer of the authorization server, which the browser has not yet taken to the app. */
async function answerFor(browser: HttpBrowser, person: Person): Promise<URL> {
  let page = await browser.submit(await browser.open(stage.app), { button: 'Connect' }, { stopAt: callback() });
  const click = async (button: string, fill = {}) => {
    page = await browser.submit(page, { button, fill }, { stopAt: callback() });
  };
  if (page.url.pathname.startsWith('/sign-in')) await click('Sign in', { email: person.email, password: person.password });
  if (page.url.pathname.startsWith('/consent')) await click('Authorize');
  return page.url;
}

async function connected(person: Person): Promise<{ browser: HttpBrowser; page: HttpPage }> {
  const browser = createHttpBrowser();
  const page = await browser.open(await answerFor(browser, person));
  expect(page.html).toContain('Connected');
  return { browser, page };
}

const isConnected = ({ html }: HttpPage) => html.includes('Disconnect');

describe('the answer of the authorization server', () => {
  test('is taken once, and its code does not stay in the address', async () => {
    const browser = createHttpBrowser();
    const answer = await answerFor(browser, stage.world.people.dan);
    const page = await browser.open(answer);
    expect([page.url.href, isConnected(page)]).toEqual([`${stage.app}/`, true]);
    const again = await browser.open(answer);
    expect(again.html).toContain('This answer is not expected');
    expect(isConnected(again)).toBe(true);
  });

  test('is refused in another browser than the one that asked, and with a state that nobody sent', async () => {
    const answer = await answerFor(createHttpBrowser(), stage.world.people.dan);
    const forged = new URL(answer);
    forged.searchParams.set('state', 'made-up');
    for (const url of [answer, forged, new URL(callback())]) {
      const page = await createHttpBrowser().open(url);
      expect(page.html).toContain('This answer is not expected');
      expect(isConnected(page)).toBe(false);
    }
  });

  test('is refused when it comes from another issuer', async () => {
    const browser = createHttpBrowser();
    const answer = await answerFor(browser, stage.world.people.dan);
    answer.searchParams.set('iss', 'https://elsewhere.example');
    const page = await browser.open(answer);
    expect(page.html).toContain('No usable answer');
    expect(isConnected(page)).toBe(false);
  });

  test('shows what the server says as text, whatever it holds', async () => {
    const browser = createHttpBrowser();
    const answer = await answerFor(browser, stage.world.people.dan);
    answer.searchParams.delete('code');
    answer.searchParams.set('error', 'server_error');
    answer.searchParams.set('error_description', '<img src=x onerror=alert(1)>');
    const { html } = await browser.open(answer);
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toContain('<img');
  });
});

describe('the session', () => {
  test('has another cookie once somebody is connected', async () => {
    const browser = createHttpBrowser();
    const answer = await answerFor(browser, stage.world.people.dan);
    const before = cookieOf(browser);
    await browser.open(answer);
    expect(before).toBeDefined();
    expect(cookieOf(browser)).not.toBe(before);
  });

  test('keeps the tokens out of every page', async () => {
    const { browser } = await connected(stage.world.people.dan);
    for (const path of ['/', '/meetings', '/shared', '/meetings/new']) {
      const { html } = await browser.open(stage.app + path);
      expect(html).not.toMatch(/assent_|eyJ/);
    }
  });

  test('is needed: every page of a connected person leads a stranger to the front page', async () => {
    for (const path of ['/meetings', '/shared', '/meetings/new']) {
      expect((await createHttpBrowser().open(stage.app + path)).url.href).toBe(`${stage.app}/`);
    }
  });

  test('does nothing for a form of another site', async () => {
    const { browser } = await connected(stage.world.people.dan);
    const cookie = `session_${stage.world.apps.scheduler.id}=${cookieOf(browser)}`;
    for (const origin of [undefined, 'null', 'https://elsewhere.example']) {
      const headers = { cookie, ...(origin !== undefined && { origin }) };
      const { status } = await fetch(`${stage.app}/disconnect`, { method: 'POST', headers, redirect: 'manual' });
      expect(status).toBe(403);
    }
    expect(isConnected(await browser.open(stage.app))).toBe(true);
  });
});

describe('a launch', () => {
  let meeting: string;
  let forge: (claims: object, header?: object) => Promise<string>;
  const form = (body: Record<string, string>, app = stage.app) => fetch(`${app}/launch`, { method: 'POST', redirect: 'manual', headers: { origin: 'null' }, body: new URLSearchParams(body) });
  const mint = async (person: Person): Promise<Record<string, string>> =>
    (await stage.world.manage.post(`/tenants/${stage.world.tenants.northwind}/launches`, { app: stage.world.apps.scheduler.id, user: person.id, context: meeting })).fields;
  /** Posts as a page of another site would, and follows with the cookies of that browser. */
  const land = async (fields: Record<string, string>, app = stage.app) => {
    const response = await form(fields, app);
    const cookie = response.headers.getSetCookie().map((each) => each.split(';')[0]).join('; ');
    expect([response.status, response.headers.get('location')]).toEqual([303, '/open']);
    return follow('/open', cookie, app);
  };
  async function follow(path: string, cookie: string, app = stage.app): Promise<string> {
    const jar = new Map(cookie.split('; ').map((each) => each.split('=') as [string, string]));
    for (let at = path; ; ) {
      const response = await fetch(app + at, { redirect: 'manual', headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } });
      for (const each of response.headers.getSetCookie()) jar.set(...((each.split(';')[0] ?? '').split('=') as [string, string]));
      const next = response.headers.get('location');
      if (next === null) return response.text();
      at = next;
    }
  }

  beforeAll(async () => {
    const { manage, tenants, people, apps } = stage.world;
    await publishVersion(manage, apps.scheduler.id, siteVersion(stage.app));
    const members = [people.chloe, people.dan].map(({ id }, place) => ({ user: id, role: place === 0 ? 'owner' : 'participant' }));
    meeting = (await manage.post(`/tenants/${tenants.northwind}/contexts`, { kind: 'meeting', title: 'Planning', members })).id;
    const { privateKey } = await generateKeyPair('ES256');
    forge = (claims, header = {}) => new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', typ: 'context+jwt', ...header }).sign(privateKey);
  });

  test('S8 S10 opens the app for the person of the token; posted again, it opens nothing', async () => {
    await connected(stage.world.people.dan);
    const fields = await mint(stage.world.people.dan);
    const html = await land(fields);
    expect(html).toContain('What the app may call for you here');
    expect(html).not.toMatch(/eyJ|assent_/);
    expect(await land(fields)).toContain('This launch is not good');
  });

  test('S8 xX2 takes none that is forged, of another sort, for another app, or put together', async () => {
    await connected(stage.world.people.dan);
    const [good, other] = [await mint(stage.world.people.dan), await mint(stage.world.people.chloe)];
    const claims = decodeJwt(good['context_token'] ?? '');
    const { context_id: id = '' } = good;
    const [header, payload] = (good['context_token'] ?? '').split('.');
    const bad: Record<string, string>[] = [
      {},
      { context_token: 'x', context_id: id },
      { context_token: await forge(claims), context_id: id },
      { context_token: await forge(claims, decodeProtectedHeader(good['context_token'] ?? '')), context_id: id },
      { context_token: new UnsecuredJWT(claims).encode(), context_id: id },
      { context_token: `${header}.${payload}.`, context_id: id },
      { context_token: other['context_token'] ?? '', context_id: id },
    ];
    for (const fields of bad) expect(await land(fields)).toContain('This launch is not good');
    expect(await land(good, stage.minutes.origin)).toContain('This launch is not good');
    expect(await land({ ...good, context_id: other['context_id'] ?? '' })).toContain('This launch is not good');
  });

  test('xX4 is for the browser that posted it: its place is nothing to another, and an address alone opens nothing', async () => {
    await form(await mint(stage.world.people.dan));
    expect(await follow('/open', '')).toContain('This launch is not good');
    expect(await follow('/here', '')).not.toContain('What the app may call');
  });

  test('R1 R5 for a member who has not connected it: it knows nobody, and leads to connecting', async () => {
    const html = await land(await mint(stage.world.people.chloe));
    expect(html).toContain('The app may not know who.');
    expect(html).toMatch(/href="[^"]*\/launch\/[^"]*">Connect Scheduler Pro/);
    expect(html).not.toContain(stage.world.people.chloe.id);
  });
});

describe('when access was taken back', () => {
  test('the pages say so and lead to connecting again', async () => {
    const { world } = stage;
    const { browser, page } = await connected(world.people.chloe);
    const grants = `/tenants/${world.tenants.northwind}/grants`;
    const { items } = await world.manage.get(`${grants}?user=${world.people.chloe.id}`);
    await world.manage.remove(`${grants}/${items[0].id}`);

    const meetings = await browser.open(`${stage.app}/meetings`);
    expect(meetings.html).toContain('401 invalid_token');
    expect(meetings.forms.flatMap(({ buttons }) => buttons.map(({ text }) => text))).toContain('Connect again');

    const refreshed = await browser.submit(page, { button: 'Refresh token' });
    expect(refreshed.html).toContain('The connection has ended');
    expect(isConnected(refreshed)).toBe(false);
  });
});

test('while the authorization server cannot be reached, disconnecting is not claimed to have happened', async () => {
  const lonely = await startStage();
  const browser = createHttpBrowser();
  const fill = { email: lonely.world.people.dan.email, password: lonely.world.people.dan.password };
  let page = await browser.submit(await browser.open(lonely.app), { button: 'Connect' });
  page = await browser.submit(page, { button: 'Sign in', fill });
  page = await browser.submit(page, { button: 'Authorize' });
  expect(isConnected(page)).toBe(true);

  await lonely.world.stop();
  page = await browser.submit(page, { button: 'Disconnect' });
  expect(page.html).toContain('No usable answer');
  expect(isConnected(page)).toBe(true);
  const meetings = await browser.open(`${lonely.app}/meetings`);
  expect(meetings.html).toContain('503 unavailable');
  await lonely.stop();
});
