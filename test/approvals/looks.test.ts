import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { approveApp } from '#src/approvals/change-approval.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import { decideReview } from '#src/approvals/decide-review.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { by, system } from '#test/support/domain.ts';
import { judgePages, launchChromium, openProfile, screenshot } from '#test/support/chromium.ts';

import { startApprovalSite, type ApprovalSite } from './site.ts';

let site: ApprovalSite;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startApprovalSite(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

describe('the pages in Chromium', () => {
  it('have nothing that axe finds wrong and never scroll sideways, at 360 and 1280 px, light and dark', async () => {
    const { deps, northwind, people, scheduler } = site;
    const { ada, ben, chloe, dan } = people;
    const everyone = { kind: 'everyone' } as const;
    for (const name of ['Sales', 'Customer care', 'Works council']) await createGroup(deps, { tenant: northwind, name }, system);
    await approveApp(deps, { tenant: northwind, app: scheduler, permissions: { user: [], tenant: ['notices:send'] }, availability: everyone }, by(ada.id));
    await changeRules(deps, { tenant: northwind, changes: { exceptions: [{ permission: 'files:read', identity: 'user', treatment: 'block' }], trust: { apps: [], developers: ['Example Software'], availability: everyone } } }, system);
    await changeRules(deps, { tenant: northwind, changes: { trust: { apps: [], developers: [], availability: everyone } } }, system);

    const open = await site.ask(ben, { reason: 'We plan with customers every week, and they all ask for it.', resume: '/account', permissions: { user: ['contacts:read', 'messages:read'], tenant: ['meetings.all:read', 'files.all:write'] } });
    await site.ask(dan, { reason: 'Me too, please.' });
    const notes = await site.makeApp('Notes for everything that was ever said in any meeting', { developer: { name: 'Somebody', verified: false } });
    const approved = await site.ask(ben, { app: notes, resume: '/account' });
    await decideReview(deps, { tenant: northwind, review: approved.id }, { is: 'approve', permissions: { user: ['contacts:read'], tenant: [] }, availability: everyone }, by(chloe.id));
    const denied = await site.ask(ben, { app: await site.makeApp('Poker night') });
    await decideReview(deps, { tenant: northwind, review: denied.id }, { is: 'deny', reason: 'Not at work.' }, by(chloe.id));
    const unknown = await site.ask(dan, { app: await site.makeApp('Whiteboard', { developer: { verified: false, name: 'Nobody knows' } }) });

    const admin = (path: string) => site.at(`/admin/${northwind}/${path}`);
    const pages = {
      'admin-reviews': admin('reviews'), 'admin-reviews-decided': admin('reviews?state=decided'), 'admin-reviews-none': admin('reviews?q=nothing'),
      'admin-review': admin(`reviews/${open.id}`), 'admin-review-unverified': admin(`reviews/${unknown.id}`), 'admin-review-approved': admin(`reviews/${approved.id}`),
      'admin-block': admin(`reviews/${open.id}/block`), 'admin-rules': admin('rules'), 'account-of-an-admin': site.at('/account'),
    };
    expect(await judgePages(browser, pages, [await site.sessionCookie(ada)])).toEqual([]);
    const request = (id: string) => site.at(`/requests/${northwind}/${id}`);
    expect(await judgePages(browser, { 'request-open': request(open.id), 'request-approved': request(approved.id), 'request-denied': request(denied.id) }, [await site.sessionCookie(ben)])).toEqual([]);
  }, 180_000);

  it('preview rules, find members and ask before blocking, by keyboard and without JavaScript', async () => {
    const { context, page } = await openProfile(browser, { width: 1280 });
    await context.addCookies([await site.sessionCookie(site.people.ada)]);
    await page.goto(site.at(`/admin/${site.northwind}/rules`));
    await page.getByLabel('Advanced, for a member').selectOption('review');
    await page.getByRole('button', { name: 'Show what would change' }).press('Enter');
    await screenshot(page, 'admin-rules-preview');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('What the new rules would do');

    const review = await site.ask(site.people.ben, { app: await site.makeApp('Keyboard') });
    await page.goto(site.at(`/admin/${site.northwind}/reviews/${review.id}`));
    await page.getByLabel('Name or e-mail address of a member').fill('dan');
    await page.getByLabel('Name or e-mail address of a member').press('Enter');
    expect(await page.getByText('dan@northwind.example').isVisible()).toBe(true);
    expect(await page.getByLabel('Only some groups and members').isChecked()).toBe(true);
    await page.getByLabel('Dan Silva').check();
    await page.getByLabel('See all meetings of the organisation').press('Enter');
    expect(await page.getByRole('button', { name: 'Approve' }).isVisible()).toBe(true);
    await screenshot(page, 'admin-review-found');
    await page.getByRole('button', { name: 'Approve' }).click();
    expect(await page.getByText('Dan Silva').first().isVisible()).toBe(true);
    await context.close();
  }, 60_000);
});
