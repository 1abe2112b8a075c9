import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { allowPath } from '#src/marketplace/missing-permission.ts';
import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { install } from '#test/installations/world.ts';

import { startMarketSite, type MarketSite } from './site.ts';

let site: MarketSite;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startMarketSite(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

describe('in Chromium, without JavaScript', () => {
  it('an admin finds an app by keyboard, installs it for some members, and suspends it', async () => {
    const app = await site.makeApp('Room Finder', { tagline: 'Knows where there is a free room' });
    const { context, page } = await openProfile(browser, { width: 360 });
    await context.addCookies([await site.sessionCookie(site.people.chloe)]);
    await page.goto(site.at('/apps'));
    await page.getByRole('searchbox').fill('free roo');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Room Finder' }).click();
    await page.getByRole('link', { name: 'Install for the whole organisation' }).click();
    await page.getByLabel('Only some groups and members').check();
    await page.getByRole('searchbox').fill('ben');
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: /Ben Okafor/ }).check();
    await page.getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByRole('status').getByText('It is installed.').waitFor();
    expect(page.url()).toBe(site.at(`/admin/${site.northwind}/installations/${app}?done=installed`));
    await page.getByRole('link', { name: 'Suspend' }).click();
    await page.getByRole('button', { name: 'Suspend' }).click();
    await page.getByText('It is suspended: it reaches nothing for the organisation.').waitFor();
    await context.close();
  });
});

describe('the pages in Chromium', () => {
  it('have nothing that axe finds wrong and never scroll sideways, at 360 and 1280 px, light and dark', async () => {
    const [northwind, { scheduler }] = [site.northwind, site];
    await site.makeApp('Minutes', { tagline: 'Writes down what was said and who is to do what until when', developer: { name: 'Écrit & Co', verified: false } });
    await site.makeApp('An app whose name is rather long so that it has to go on in a second line', { tagline: '' });
    await site.makeApp('Canteen', { owner: northwind, tagline: 'What there is to eat' });
    const wants = await site.makeApp('Letters', { permissions: { user: { required: ['messages:read', 'contacts:read'] } } });
    await site.connect(site.people.dan, scheduler);
    const installed = await site.makeApp('Wallboard');
    await install(site, installed, { user: site.people.ada.id, permissions: ['notices:send'], dataRange: { kind: 'some', groups: [site.sales.id], members: [site.people.ben.id] } });
    const link = (identity: 'user' | 'tenant', permission: string) => site.at(allowPath({ app: scheduler, tenant: northwind, identity, permission }));
    const admin = (path: string) => site.at(`/admin/${northwind}/installations${path}`);

    expect(await judgePages(browser, { 'apps-visitor': site.at('/apps'), 'app-visitor': site.at(`/apps/${scheduler}`), 'apps-none': site.at('/apps?q=nothing') })).toEqual([]);
    const dan = {
      apps: site.at('/apps'),
      'app-connected': site.at(`/apps/${scheduler}`),
      'app-needs-approval': site.at(`/apps/${wants}`),
      ask: site.at(`/apps/${wants}/ask?tenant=${northwind}`),
      allow: link('user', 'meetings:write'),
      'cannot-allow': link('user', 'messages:read'),
    };
    expect(await judgePages(browser, dan, [await site.sessionCookie(site.people.dan)])).toEqual([]);
    const chloe = {
      'app-admin': site.at(`/apps/${scheduler}`),
      install: site.at(`/apps/${scheduler}/install?tenant=${northwind}`),
      installations: admin(''),
      installation: admin(`/${installed}?done=permissions`),
      'installation-remove': admin(`/${installed}/remove`),
    };
    expect(await judgePages(browser, chloe, [await site.sessionCookie(site.people.chloe)])).toEqual([]);
  }, 180_000);
});
