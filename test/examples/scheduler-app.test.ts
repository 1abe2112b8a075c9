import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
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
