import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import { launchChromium, openProfile } from '#test/support/chromium.ts';
import { startStage, type Stage } from '#test/support/stage.ts';

import { answerConsent, connectAs, forgetGrants, signInAs } from './steps.ts';

let stage: Stage;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchChromium()]);
});
beforeEach(async () => {
  await forgetGrants(stage);
  ({ context, page } = await openProfile(browser));
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

describe('in a browser without JavaScript', () => {
  test('Z1 Z3 a newcomer connects the app, ticks the box and sees the meeting of the person who shares with them', async () => {
    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Connect' }).click();
    await signInAs(page, stage.world.people.ben);

    await expect(page.getByRole('heading', { level: 1 }).innerText()).resolves.toBe('Scheduler Pro asks for access');
    const text = await page.locator('main').innerText();
    expect(text).toContain('ben@northwind.example');
    expect(text).toContain('Example Software');
    expect(text).toContain('Verified developer');
    expect(text).toContain(new URL(stage.app).host);
    const box = page.getByRole('checkbox', { name: 'Allow this app to use my shared access permissions', exact: true });
    expect(await box.isChecked()).toBe(false);
    expect(await page.locator('#shared-from').innerText()).toMatch(/Ada Lovelace: See their meetings/);

    await box.check();
    await answerConsent(page, 'Authorize');
    expect(page.url()).toBe(`${stage.app}/`);
    expect(await page.locator('#scope').innerText()).toContain('shared_access');

    await page.getByRole('link', { name: 'Shared with me' }).click();
    expect(await page.locator('main').innerText()).toMatch(/Ada Lovelace[\s\S]*200[\s\S]*Board preparation/);
  });

  test('Z1 Z2 Z8 without the tick the app reaches the person’s own meetings and is refused the delegator’s; asked again, it may', async () => {
    await connectAs(page, stage, stage.world.people.ben);
    expect(await page.locator('#scope').innerText()).not.toContain('shared_access');

    await page.getByRole('link', { name: 'My meetings' }).click();
    expect(await page.locator('main').innerText()).toMatch(/GET \/me\/meetings\s+200[\s\S]*Team stand-up/);

    await page.goto(`${stage.app}/shared?person=ada@northwind.example`);
    const refused = await page.locator('main').innerText();
    expect(refused).toMatch(/ada%40northwind\.example\/meetings\s+403 shared_access_not_permitted/);
    expect(refused).toContain('The user has not permitted this app to use shared access');
    expect(refused).not.toContain('Board preparation');

    await page.getByRole('button', { name: 'Ask me again' }).first().click();
    await page.getByLabel('Allow this app to use my shared access permissions').check();
    await answerConsent(page, 'Authorize');
    expect(await page.locator('main').innerText()).toContain('Board preparation');
  });

  test('Z1 nobody shares anything with dan: he sees no box, and authorizing succeeds', async () => {
    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Connect' }).click();
    await signInAs(page, stage.world.people.dan);
    expect(await page.getByRole('checkbox').count()).toBe(0);
    expect(await page.locator('main').innerText()).not.toMatch(/shared access/i);
    await answerConsent(page, 'Authorize');
    expect(await page.locator('main').innerText()).toContain('Hello Dan Silva.');
  });

  test('refusing sends access_denied and the state to the app, which says so in words and offers a way on', async () => {
    const answers: URL[] = [];
    let state: string | null = null;
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/callback') answers.push(url);
      if (url.pathname === '/oauth/authorize') state = url.searchParams.get('state') ?? state;
    });
    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Connect' }).click();
    await signInAs(page, stage.world.people.chloe);
    await answerConsent(page, 'Refuse');

    expect(answers).toHaveLength(1);
    expect(Object.fromEntries(answers[0]!.searchParams)).toMatchObject({ error: 'access_denied', state, iss: stage.world.issuer });
    expect(answers[0]!.searchParams.has('code')).toBe(false);
    expect(await page.getByRole('alert').innerText()).toMatch(/You said no[\s\S]*access_denied/);
    await expect(page.getByRole('button', { name: 'Connect' }).isVisible()).resolves.toBe(true);
    const { items } = await stage.world.manage.get(`/tenants/${stage.world.tenants.northwind}/grants?user=${stage.world.people.chloe.id}`);
    expect(items).toEqual([]);
  });

  test('Z7 the app refreshes its token, disconnects, and has to ask anew', async () => {
    await connectAs(page, stage, stage.world.people.ada);
    await page.getByRole('button', { name: 'Refresh token' }).click();
    expect(await page.getByRole('status').innerText()).toContain('Refreshed');
    await page.getByRole('link', { name: 'My meetings' }).click();
    expect(await page.locator('main').innerText()).toContain('Board preparation');

    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Disconnect' }).click();
    expect(await page.getByRole('status').innerText()).toContain('Disconnected');
    await page.goto(`${stage.app}/meetings`);
    expect(page.url()).toBe(`${stage.app}/`);

    await page.getByRole('button', { name: 'Connect' }).click();
    expect(page.url()).toContain(`${stage.world.issuer}/consent/`);
  });

  test('L5 a yes is remembered: connecting again asks nothing', async () => {
    await connectAs(page, stage, stage.world.people.chloe);
    await context.clearCookies({ name: `session_${stage.world.apps.scheduler.id}` });
    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Connect' }).click();
    expect(page.url()).toBe(`${stage.app}/`);
    expect(await page.getByRole('status').innerText()).toContain('Hello Chloe Martin.');
  });

  test('Z9 Z12 L5 what the app lacks it is refused, asks for later, and the page shows only what is new', async () => {
    await connectAs(page, stage, stage.world.people.dan);
    await page.getByRole('link', { name: 'Create a meeting' }).click();
    await page.getByLabel('Title').fill('Handover');
    await page.getByRole('button', { name: 'Create' }).click();
    expect(await page.getByRole('alert').innerText()).toMatch(/403 insufficient_scope[\s\S]*meetings:write/);

    await page.getByRole('button', { name: 'Ask for this' }).click();
    const box = page.getByRole('checkbox', { name: 'Schedule and change your meetings' });
    expect(await page.getByRole('checkbox').count()).toBe(1);
    expect(await box.isChecked()).toBe(false);
    expect(await page.locator('.held').innerText()).toContain('See your meetings');
    await box.check();
    await answerConsent(page, 'Authorize');

    expect(page.url()).toBe(`${stage.app}/meetings/new`);
    await page.getByLabel('Title').fill('Handover');
    await page.getByRole('button', { name: 'Create' }).click();
    expect(await page.locator('main').innerText()).toMatch(/Created[\s\S]*Handover/);
    const { items } = await stage.world.manage.get(`/tenants/${stage.world.tenants.northwind}/grants?user=${stage.world.people.dan.id}`);
    expect(items).toHaveLength(1);
    expect(items[0].permissions).toEqual(expect.arrayContaining(['meetings:read', 'meetings:write']));
  });
});
