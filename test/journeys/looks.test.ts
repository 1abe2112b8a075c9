import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { begin } from '#test/support/oauth-flow.ts';
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
  test('on the way through Assent', async () => {
    const { world } = stage;
    const { context, page } = await openProfile(browser);
    const pages: Record<string, string> = {};
    const visit = async (name: string, url: URL | string) => {
      await page.goto(String(url));
      pages[name] = page.url();
    };
    await visit('sign-in-for-app', begin(world).url);
    await signInAs(page, world.people.ben);
    const northwind = { tenant: world.tenants.northwind };
    const all = 'openid profile email offline_access meetings:read meetings:write calendar:read contacts:read';
    await visit('consent', begin(world, { parameters: { ...northwind, scope: all } }).url);
    await visit('consent-pick-tenant', begin(world).url);
    await visit('consent-not-verified', begin(world, { app: world.apps.notes, parameters: { ...northwind, scope: 'openid calendar:read' } }).url);
    await visit('protocol-error', begin(world, { parameters: { redirect_uri: 'https://elsewhere.example/' } }).url);
    expect(Object.values(pages).filter((url) => url.includes('/consent/'))).toHaveLength(3);
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
});
