import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { begin, SCOPE } from '#test/support/oauth-flow.ts';
import { startStage, type Stage } from '#test/support/stage.ts';

import { connectAs, signInAs } from './steps.ts';

let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

describe('axe finds nothing and no page scrolls sideways, at 360 and 1280 px, light and dark', () => {
  test('on the consent page as the server gives it, and on the page for a request that cannot go on', async () => {
    const { world } = stage;
    const { context, page } = await openProfile(browser);
    await page.goto(begin(world, { parameters: { tenant: world.tenants.northwind, scope: `${SCOPE} meetings:write calendar:read` } }).url.href);
    await signInAs(page, world.people.ben);
    expect(page.url()).toContain('/consent/');
    const pages = { consent: page.url(), 'protocol-error': begin(world, { parameters: { redirect_uri: 'https://elsewhere.example/' } }).url.href };
    expect(await judgePages(browser, pages, await context.cookies())).toEqual([]);
    await context.close();
  }, 120_000);

  test('in the sample app', async () => {
    const { context, page } = await openProfile(browser);
    const at = (path: string) => stage.app + path;
    expect(await judgePages(browser, { 'app-connect': at('/') })).toEqual([]);
    await connectAs(page, stage, stage.world.people.ben);
    const pages = { 'app-overview': at('/'), 'app-meetings': at('/meetings'), 'app-shared': at('/shared?person=ada@northwind.example'), 'app-new-meeting': at('/meetings/new') };
    expect(await judgePages(browser, pages, await context.cookies())).toEqual([]);
    await context.close();
  }, 120_000);

  test('in the sample app as it acts for an organisation', async () => {
    const { context, page } = await openProfile(browser);
    await page.goto(stage.app);
    await page.getByRole('button', { name: 'Install for the whole organisation' }).click();
    await signInAs(page, stage.world.people.ada);
    await page.getByLabel('Only some groups and members').check();
    await page.getByLabel('Dan Silva').check();
    await page.getByRole('button', { name: /install/i }).click();
    expect(page.url()).toBe(`${stage.app}/organisation`);
    const at = (path: string) => stage.app + path;
    const pages = { 'app-organisation': at('/organisation?person=ben@northwind.example') };
    expect(await judgePages(browser, pages, await context.cookies())).toEqual([]);
    await page.getByRole('button', { name: 'Leave this page' }).click();
    await context.close();
  }, 120_000);
});
