import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { approveApp, blockApp } from '#src/approvals/change-approval.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import { suspendInstallation } from '#src/installations/change-installation.ts';
import { readGrant } from '#src/consent/grant-store.ts';
import { putInGroup } from '#src/tenants/group-members.ts';
import { changeMember } from '#src/tenants/member-store.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';
import { install } from '#test/installations/world.ts';
import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { by, system } from '#test/support/domain.ts';

let site: MarketSite;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startMarketSite(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

describe('the pages in Chromium', () => {
  it('have nothing that axe finds wrong and never scroll sideways, at 360 and 1280 px, light and dark', async () => {
    const { deps, northwind, people: { ada, ben, chloe, dan }, scheduler } = site;
    const everyone = { kind: 'everyone' } as const;
    await putInGroup(deps, { tenant: northwind, group: site.sales.id, user: ben.id }, system);
    await approveApp(deps, { tenant: northwind, app: scheduler, permissions: { user: ['contacts:read'], tenant: ['meetings.all:read'] }, availability: everyone }, by(ada.id));
    await install(site, scheduler, { user: ada.id, permissions: ['notices:send', 'meetings.all:read'] });
    await site.connect(ben, scheduler);
    await site.connect(dan, scheduler, ['openid', 'meetings:read', 'contacts:read'], northwind, true);
    const notes = await site.makeApp('Notes for everything that was ever said in any meeting', { developer: { name: 'Somebody', verified: false } });
    await site.connect(ben, notes);
    await requestReview(deps, { tenant: northwind, app: notes, permissions: { user: ['contacts:read'], tenant: [] }, cause: 'request', reason: 'We need it', resume: null }, by(ben.id));
    const poker = await site.makeApp('Poker night');
    await blockApp(deps, { tenant: northwind, app: poker }, by(ada.id));
    const board = await site.makeApp('Whiteboard');
    await install(site, board, { user: chloe.id, permissions: ['notices:send'] });
    await suspendInstallation(deps, { tenant: northwind, app: board }, by(ada.id));
    await changeMember(deps, { tenant: northwind, user: dan.id, status: 'inactive' }, system);

    const admin = (path: string) => site.at(`/admin/${northwind}/${path}`);
    // One of each kind of page: the others are made of the same parts.
    const pages = {
      'admin-apps': admin('apps'), 'admin-app': admin(`apps/${scheduler}`), 'admin-subscribers': admin(`apps/${scheduler}/subscribers`),
      'admin-app-permissions': admin(`apps/${scheduler}/permissions`), 'admin-app-remove': admin(`apps/${scheduler}/remove`), 'admin-member': admin(`members/${ben.id}`),
    };
    expect(await judgePages(browser, pages, [await site.sessionCookie(ada)])).toEqual([]);
  }, 60_000);

  it('take an app from one member by keyboard and without JavaScript', async () => {
    const { context, page } = await openProfile(browser, { width: 1280 });
    await context.addCookies([await site.sessionCookie(site.people.ada)]);
    await page.goto(site.at(`/admin/${site.northwind}/apps`));
    await page.getByLabel('App or developer').fill('sched');
    await page.getByLabel('App or developer').press('Enter');
    await page.getByRole('link', { name: 'Open Scheduler Pro' }).press('Enter');
    await page.getByRole('link', { name: 'Current subscribers' }).press('Enter');
    await page.getByRole('link', { name: 'Remove for Ben Okafor' }).press('Enter');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Remove Scheduler Pro for Ben Okafor?');
    await page.getByRole('button', { name: 'Remove' }).press('Enter');
    expect(await page.getByRole('status').textContent()).toContain('It was removed for that member.');
    expect(await readGrant(site.deps, site.northwind, site.people.ben.id, site.scheduler)).toBeUndefined();
    await context.close();
  });
});
