import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { createSession } from '#src/sign-in/session-store.ts';
import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';

import { PASSWORD, startSignInWorld, type SignInWorld } from './world.ts';

let world: SignInWorld;
let browser: Browser;

beforeAll(async () => {
  [world, browser] = await Promise.all([startSignInWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.close();
});

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SAFARI = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

describe('in Chromium, without JavaScript', () => {
  it('a person signs in by keyboard, finds their sessions, changes the password and signs out', async () => {
    const { context, page } = await openProfile(browser, { width: 360 });
    await page.goto(`${world.origin}/account/security`);
    await page.locator('input:focus').waitFor(); // the page puts the cursor there itself, a moment after it came
    await page.keyboard.type('ben@northwind.example');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
    expect(await page.getByRole('row').filter({ hasText: 'This browser' }).count()).toBe(1);

    await page.getByRole('link', { name: 'Change password' }).click();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password', { exact: true }).fill('a wholly different phrase');
    await page.getByLabel('New password once more').fill('a wholly different phrase');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('status').getByText('Your password was changed.').waitFor();

    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await page.goto(`${world.origin}/account`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await context.close();
  });

  it('xC5 no page is shown in a frame of another', async () => {
    const { context, page } = await openProfile(browser);
    const arrived = page.waitForResponse(`${world.origin}/sign-in`);
    await page.setContent(`<iframe src="${world.origin}/sign-in" width="600" height="600"></iframe>`);
    await arrived;
    const frame = page.frames()[1];
    await frame?.waitForLoadState();
    await frame?.waitForURL(/^chrome-error:/);
    expect(await frame?.getByLabel('Password').count()).toBe(0);
    await context.close();
  });
});

describe('the pages in Chromium', () => {
  it('have nothing that axe finds wrong and never scroll sideways, at 360 and 1280 px, light and dark', async () => {
    const begin = (userAgent: string, address: string) =>
      createSession(world.deps, { user: world.ada, userAgent, address, expiresAt: world.deps.clock() + 3_600_000 });
    const { cookie, session } = await begin(FIREFOX, '203.0.113.7');
    await begin(SAFARI, '2001:db8:1234:5678:9abc:def0:1234:5678');
    const at = (path: string) => world.origin + path;
    const open = { 'sign-in': at('/sign-in'), 'sign-in-app': at('/sign-in/waiting'), expired: at('/sign-in/gone'), 'signed-out': at('/sign-out') };
    const own = {
      'sign-in-as-another': at('/sign-in'),
      account: at('/account'),
      security: at('/account/security?done=session'),
      'change-password': at('/account/security/password'),
      'end-session': at(`/account/security/sessions/${session.id}`),
      'sign-out-everywhere': at('/account/security/sign-out-everywhere'),
      'not-found': at('/nowhere'),
    };
    expect(await judgePages(browser, open)).toEqual([]);
    expect(await judgePages(browser, own, [{ name: 'assent_session', value: cookie, url: world.origin }])).toEqual([]);
  }, 120_000);
});
