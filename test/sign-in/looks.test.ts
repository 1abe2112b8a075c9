import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { createSession } from '#src/sign-in/session-store.ts';
import { judgePages, launchChromium, openProfile, screenshot } from '#test/support/chromium.ts';

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

const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe('the pages in Chromium', () => {
  it('have nothing that axe finds wrong and never scroll sideways, at 360 and 1280 px, light and dark', async () => {
    const expiresAt = world.deps.clock() + 3_600_000;
    const { cookie, session } = await createSession(world.deps, { user: world.ada, userAgent, address: '203.0.113.7', expiresAt });
    await createSession(world.deps, { user: world.ada, userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1', address: '2001:db8:1234:5678:9abc:def0:1234:5678', expiresAt });
    const at = (path: string) => world.origin + path;
    const open = { 'sign-in': at('/sign-in'), 'sign-in-app': at('/sign-in/waiting'), expired: at('/sign-in/gone'), 'not-found': at('/nowhere'), 'signed-out': at('/sign-out') };
    const own = {
      'sign-in-as-another': at('/sign-in'),
      account: at('/account'),
      security: at('/account/security'),
      'security-notice': at('/account/security?done=password'),
      'change-password': at('/account/security/password'),
      'end-session': at(`/account/security/sessions/${session.id}`),
      'sign-out-everywhere': at('/account/security/sign-out-everywhere'),
      'sign-out': at('/sign-out'),
    };
    expect(await judgePages(browser, open)).toEqual([]);
    expect(await judgePages(browser, own, [{ name: 'assent_session', value: cookie, url: world.origin }])).toEqual([]);
  }, 120_000);
});
void openProfile; void screenshot; void PASSWORD;
