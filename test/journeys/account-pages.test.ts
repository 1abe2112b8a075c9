import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { signIn } from '#test/support/oauth-flow.ts';
import { startStage, type Stage } from '#test/support/stage.ts';

import { answerConsent, signInAs } from './steps.ts';

const LABEL = 'Allow this app to use my shared access permissions';

let stage: Stage;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchChromium()]);
  ({ context, page } = await openProfile(browser));
});
afterAll(async () => {
  await context.close();
  await browser.close();
  await stage.stop();
});

const main = () => page.locator('main').innerText();
const account = (path: string) => `${stage.world.issuer}/account/${path}`;
/** Goes there with the Tab key, as somebody without a mouse does, and presses a key. */
const byKeyboard = async (target: Locator, key: 'Enter' | 'Space'): Promise<void> => {
  await target.waitFor();
  for (let steps = 0; steps < 60 && (await target.and(page.locator(':focus')).count()) === 0; steps += 1) await page.keyboard.press('Tab');
  await page.keyboard.press(key);
};
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** Ben's line among the current subscribers, as an owner reads it. */
const permissionType = async (): Promise<string> => {
  const { world } = stage;
  const owner = createHttpBrowser();
  await signIn(world, owner, world.people.ada);
  const { html } = await owner.open(`${world.issuer}/admin/${world.tenants.northwind}/apps/${world.apps.scheduler.id}/subscribers`);
  const line = html.split('<tr>').find((row) => row.includes('Ben Okafor')) ?? html;
  return /User with Shared Access|Admin|User/.exec(line.replaceAll(/<[^>]*>/g, ' '))?.[0] ?? line;
};

describe('without JavaScript, a person sees what they gave, and takes it back', () => {
  test('Z5 Z2 Z6 connected with the tick, then only shared access revoked: the delegator’s data turns 403, their own still answers', async () => {
    await page.goto(stage.app);
    await press('Connect');
    await signInAs(page, stage.world.people.ben);
    await page.getByLabel(LABEL).check();
    await answerConsent(page, 'Authorize');
    await page.goto(`${stage.app}/shared`);
    expect(await main()).toContain('Board preparation');
    expect(await permissionType()).toBe('User with Shared Access');

    await page.goto(account('apps'));
    const row = page.getByRole('row', { name: /Scheduler Pro/ });
    expect(await row.innerText()).toMatch(/Example Software[\s\S]*Northwind[\s\S]*See your meetings[\s\S]*Since[\s\S]*Allowed/);
    await row.getByRole('link', { name: 'Update shared access of Scheduler Pro in Northwind' }).click();
    expect(await main()).toMatch(/Ada Lovelace: See their meetings/);
    await press('Revoke Shared Access Permissions');
    expect(await page.getByRole('status').innerText()).toContain('may no longer use your shared access');

    await page.goto(`${stage.app}/shared?person=ada@northwind.example`);
    expect(await main()).toContain('403 shared_access_not_permitted');
    expect(await permissionType()).toBe('User');
    await page.goto(`${stage.app}/meetings`);
    expect(await main()).toContain('Team stand-up');
  }, 60_000);

  test('Z5 Z12 S14 optional permissions are changed by keyboard alone, after a page that says what will happen', async () => {
    await page.goto(account('apps'));
    await byKeyboard(page.getByRole('link', { name: /^Details/ }), 'Enter');
    await byKeyboard(page.getByRole('link', { name: 'Update permissions' }), 'Enter');
    await byKeyboard(page.getByLabel('Schedule and change your meetings'), 'Space');
    await byKeyboard(page.getByRole('button', { name: 'Continue' }), 'Enter');
    await page.getByRole('heading', { name: 'It can also' }).waitFor();
    expect(await main()).toMatch(/It can also[\s\S]*Schedule and change your meetings/);
    await byKeyboard(page.getByRole('button', { name: 'Update permissions' }), 'Enter');
    expect(await page.getByRole('status').innerText()).toContain('It holds from now on');
    expect(await main()).toContain('Schedule and change your meetings');
  }, 60_000);

  test('a person lets a colleague act for them, sees it, and ends it', async () => {
    await page.goto(account('delegations'));
    expect(await main()).toMatch(/Ada Lovelace[\s\S]*See their meetings/);
    await page.getByRole('link', { name: 'Let a colleague act for you' }).click();
    const inNorthwind = page.getByRole('link', { name: 'in Northwind instead' });
    if (await inNorthwind.count()) await inNorthwind.click();
    await press('Continue');
    expect(await page.getByRole('alert').innerText()).toBe('Choose a colleague.');
    await page.getByLabel('Dan Silva').check();
    await page.getByLabel('See your meetings').check();
    await page.getByLabel('Until when?').fill('2099-12-31');
    await press('Continue');
    expect(await main()).toMatch(/Let Dan Silva act on your data\?[\s\S]*See your meetings[\s\S]*31 Dec 2099/);
    await press('Let them');
    const line = page.getByRole('row', { name: /Dan Silva/ });
    expect(await line.innerText()).toMatch(/Northwind[\s\S]*See your meetings[\s\S]*31 Dec 2099[\s\S]*No app/);
    await line.getByRole('link', { name: /^End/ }).click();
    expect(await main()).toContain('Stop letting Dan Silva act on your data?');
    await press('End delegation');
    expect(await page.getByRole('status').innerText()).toContain('has ended');
    expect(await page.getByRole('row', { name: /Dan Silva/ }).count()).toBe(0);
  }, 60_000);

  test('axe finds nothing on the account’s pages, and none scrolls sideways, at 360 and 1280 px, light and dark', async () => {
    const { world } = stage;
    const app = `apps/${world.tenants.northwind}/${world.apps.scheduler.id}`;
    await page.goto(account(`${app}/permissions`));
    const pages = {
      'account-apps': account('apps'),
      'account-app': account(app),
      'account-permissions': account(`${app}/permissions`),
      'account-remove': account(`${app}/remove`),
      'account-delegations': account('delegations'),
      'account-give': account(`delegations/new?tenant=${world.tenants.northwind}`),
      'account-end': account(`delegations/${world.tenants.northwind}/${world.delegation}/end`),
    };
    expect(await judgePages(browser, pages, await context.cookies())).toEqual([]);
  }, 120_000);

  test('xC7 Remove app says what will happen, and the app’s next refresh fails', async () => {
    await page.goto(account('apps'));
    await page.getByRole('link', { name: /^Details/ }).click();
    await page.getByRole('link', { name: 'Remove app' }).click();
    expect(await main()).toMatch(/can do nothing for you in Northwind any more[\s\S]*See your meetings/);
    await press('Remove app');
    expect(await page.getByRole('status').innerText()).toContain('The app was removed');
    expect(await main()).toContain('No app acts for you.');
    await page.goto(stage.app);
    await press('Refresh token');
    expect(await main()).toContain('Connect');
    expect(await main()).not.toContain('Refreshed');
  }, 60_000);
});
