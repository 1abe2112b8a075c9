import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import type { User } from '#src/tenants/user.ts';
import { judgePages, launchChromium, openProfile, type Look } from '#test/support/chromium.ts';

import { startConsentSite, type ConsentSite } from './consent-site.ts';

const LABEL = 'Allow this app to use my shared access permissions';

let site: ConsentSite;
let chromium: Browser;
const opened: BrowserContext[] = [];

beforeAll(async () => {
  [site, chromium] = await Promise.all([startConsentSite(), launchChromium()]);
});
afterAll(async () => {
  await Promise.all(opened.map((context) => context.close()));
  await chromium.close();
  await site.close();
});

async function enter(user: User, look: Look = {}): Promise<Page> {
  const { context, page } = await openProfile(chromium, look);
  opened.push(context);
  await page.goto(site.entranceOf(user));
  return page;
}

/** The page of a new request, as Ben sees it. */
async function ask(look: Look = {}) {
  const { app } = await site.app();
  const request = site.pending(app, site.people.ben);
  const page = await enter(site.people.ben, look);
  await page.goto(site.pageOf(request));
  return { app, request, page };
}

const decided = (request: Parameters<ConsentSite['answersTo']>[0]) =>
  site.answersTo(request).map((answer) => ('refused' in answer ? answer.refused.error : 'decision' in answer ? answer.decision : answer.installation));

test('every page passes axe and fits, at 360 and 1280 px, light and dark', async () => {
  const { app } = await site.app({ privacyUri: 'https://bright.example/privacy' });
  const hostile = await site.app(
    { name: `${'W'.repeat(60)} مواعيد`, developer: { name: 'M'.repeat(90), uri: 'https://bright.example/', verified: false }, logoUri: 'https://logo.invalid/logo.png' },
    { redirectUris: [`https://${'long-label.'.repeat(20)}example/callback`] },
  );
  const more = site.pending(app, site.people.ben);
  const page = await enter(site.people.ben);
  await page.goto(site.pageOf(more));
  await page.getByLabel(LABEL).check();
  await page.getByRole('button', { name: 'Authorize' }).click();
  const [first] = site.answersTo(more);
  if (!first || !('decision' in first)) throw new Error('there was a decision');
  await site.grant(more, first.decision);
  const fresh = await site.app();

  const pages = {
    consent: site.pageOf(site.pending(fresh.app, site.people.ben)),
    'consent-for-more': site.pageOf(site.pending(app, site.people.ben)),
    'consent-replaces': site.pageOf(site.pending(app, site.people.ben, { manner: 'create', scopes: ['openid'] })),
    'consent-hostile': site.pageOf(
      site.pending(hostile.app, site.people.ben, { redirectUri: `https://${'long-label.'.repeat(20)}example/callback` }),
    ),
    'consent-unknown-tenant': site.pageOf(site.pending(fresh.app, site.people.ben), 'ten_unknown'),
    'consent-not-yours': site.pageOf(site.pending(fresh.app, site.people.chloe)),
  };
  expect(await judgePages(chromium, pages, await page.context().cookies())).toEqual([]);

  const dora = await enter(site.people.dora);
  const nowhere = { 'consent-no-tenant': site.pageOf(site.pending(fresh.app, site.people.dora)) };
  expect(await judgePages(chromium, nowhere, await dora.context().cookies())).toEqual([]);
}, 180_000);

test('every page that has to do with approval, or with a tenant, passes axe and fits', async () => {
  const wants = (user: { required: string[]; optional: string[] }, tenant: { required: string[]; optional: string[] }) =>
    site.app({}, { permissions: { user, tenant } });
  const some = await wants({ required: ['meetings:read'], optional: ['files:read', 'messages:read'] }, { required: ['rooms:manage', 'meetings.all:read'], optional: ['files.all:write'] });
  const needy = await wants({ required: ['files:read'], optional: [] }, { required: ['meetings.all:read'], optional: [] });
  const scopes = ['openid', 'meetings:read', 'files:read', 'messages:read', 'rooms:manage', 'meetings.all:read', 'files.all:write'];
  const northwind = site.tenants.northwind.id;
  const of = (user: User, identity: 'user' | 'tenant' | 'user tenant', { app }: typeof some) =>
    site.pageOf(site.pending(app, user, { identity, scopes, tenantHint: northwind }));
  const ben = await enter(site.people.ben);
  const forBen = {
    'consent-and-ask': of(site.people.ben, 'user', some),
    'consent-needs-approval': of(site.people.ben, 'user', needy),
    'consent-not-entitled': of(site.people.ben, 'tenant', needy),
  };
  expect(await judgePages(chromium, forBen, await ben.context().cookies())).toEqual([]);
  const gil = await enter(site.people.gil);
  const forGil = {
    'consent-install': of(site.people.gil, 'tenant', some),
    'consent-both': of(site.people.gil, 'user tenant', some),
    'consent-reviewer': of(site.people.gil, 'user', needy),
  };
  expect(await judgePages(chromium, forGil, await gil.context().cookies())).toEqual([]);
}, 180_000);

test('Z1 Z12 with JavaScript off, a person reads, ticks, authorizes and is back in the app', async () => {
  const { page, request } = await ask();
  const box = page.getByLabel(LABEL, { exact: true });
  expect(await box.isChecked()).toBe(false);
  await box.check();
  await page.getByLabel('See your contacts').check();
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL(`${site.appOrigin}/callback?code=1`);
  expect(decided(request)).toMatchObject([{ sharedAccess: true, permissions: expect.arrayContaining(['contacts:read']) }]);
});

test('a member of several picks a tenant with JavaScript off, and that is the one', async () => {
  const { page, request } = await ask();
  await page.getByText('Use it in another tenant').click();
  await page.getByRole('link', { name: 'Contoso' }).click();
  expect(await page.getByLabel(LABEL).count()).toBe(0);
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL(`${site.appOrigin}/**`);
  expect(decided(request)).toMatchObject([{ tenant: site.tenants.contoso.id }]);
});

/** The page on which Gil lets a new app act for Northwind. */
async function install(look: Look = {}) {
  const { app } = await site.app({}, { permissions: { user: { required: [], optional: [] }, tenant: { required: ['rooms:manage'], optional: ['meetings.all:read'] } } });
  const request = site.pending(app, site.people.gil, { identity: 'tenant', scopes: ['rooms:manage', 'meetings.all:read'] });
  const page = await enter(site.people.gil, look);
  await page.goto(site.pageOf(request));
  return { request, page };
}

test('L6 with JavaScript off, an admin chooses whose data an app may reach, and installs it', async () => {
  const { page, request } = await install();
  expect(await page.getByLabel('Everyone in Northwind').isChecked()).toBe(true);
  await page.getByLabel('Only some groups and members').check();
  await page.getByLabel('Ben Okri').check();
  await page.getByLabel('See all meetings').check();
  await page.getByRole('button', { name: 'Approve and install' }).click();
  await page.waitForURL(`${site.appOrigin}/callback?code=1`);
  expect(decided(request)).toMatchObject([{ permissions: ['rooms:manage', 'meetings.all:read'], dataRange: { kind: 'some', members: [site.people.ben.id] } }]);
});

describe('xC8 the keyboard', () => {
  test('Enter in a box of the page for a tenant answers nothing and loses nothing', async () => {
    const { page, request } = await install({ javaScript: true });
    await page.getByLabel('See all meetings').check();
    await page.getByLabel('See all meetings').focus();
    await page.keyboard.press('Enter');
    await page.waitForLoadState();
    expect([decided(request), await page.getByLabel('See all meetings').isChecked()]).toEqual([[], true]);
  });

  test('Enter in a tick box answers nothing', async () => {
    const { page, request } = await ask({ javaScript: true });
    for (const box of await page.getByRole('checkbox').all()) {
      await box.focus();
      await page.keyboard.press('Enter');
    }
    await page.reload();
    expect([new URL(page.url()).pathname, decided(request)]).toEqual([`/consent/${request.uid}`, []]);
  });

  test('nothing has the focus at first, and Enter then answers nothing', async () => {
    const { page, request } = await ask({ javaScript: true });
    expect(await page.evaluate('document.activeElement === document.body')).toBe(true);
    await page.keyboard.press('Enter');
    await page.reload();
    expect(decided(request)).toEqual([]);
  });

  test('Tab goes through account, tenant, boxes and buttons in the order of the page; Space ticks', async () => {
    const { page, request } = await ask({ javaScript: true });
    const seen: string[] = [];
    for (let press = 0; press < 20 && seen.at(-1) !== 'Refuse'; press += 1) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate("(document.activeElement.labels?.[0]?.querySelector('.permission-title') ?? document.activeElement).textContent.trim()"));
      if (seen.at(-1) === LABEL) await page.keyboard.press('Space');
    }
    const inPage = seen.slice(seen.indexOf('Bright Tools'));
    expect(inPage).toEqual([
      'Bright Tools',
      'Not you? Use another account',
      'Use it in another tenant',
      'Create and change your meetings',
      'See your contacts Sensitive',
      LABEL,
      'your installed apps',
      'Authorize',
      'Refuse',
    ]);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${site.appOrigin}/**`);
    expect(decided(request)).toEqual(['access_denied']);
  });

  test('a screen reader hears what each box is for and who shares what', async () => {
    const { page } = await ask();
    const heard = await page.locator('main').ariaSnapshot();
    expect(heard).toContain(`checkbox "${LABEL}"`);
    expect(heard).not.toContain('[checked]');
    expect(heard).toContain('group "What others share with you"');
    expect(heard).toMatch(/button "Authorize"\n\s*- button "Refuse"/);
    expect(heard.match(/button/g)).toHaveLength(3);
    expect(await page.getByLabel(LABEL).getAttribute('aria-describedby')).toBe('shared-from');
  });
});

test('xC5 a page that frames it sees nothing of it', async () => {
  const { page, request } = await ask({ javaScript: true });
  const url = site.pageOf(request);
  await page.route('https://framer.example/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${url}" width="800" height="600"></iframe>` }),
  );
  await page.goto('https://framer.example/');
  await expect(page.frameLocator('iframe').getByRole('button', { name: 'Authorize' }).click({ timeout: 1500 })).rejects.toThrow();
  expect(decided(request)).toEqual([]);
});

test('xC6 markup, direction marks and scripts in names do nothing', async () => {
  const { app } = await site.app({
    name: '<img src=x onerror="document.title=1"><script>document.title=1</script>',
    developer: { name: '</title><svg onload=alert(1)>', uri: null, verified: false },
  });
  const page = await enter(site.people.ben, { javaScript: true });
  const noises: string[] = [];
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => noises.push('dialog')));
  page.on('pageerror', (error) => noises.push(error.message));
  await page.goto(site.pageOf(site.pending(app, site.people.ben)));
  expect(await page.title()).toMatch(/^<img src=x/);
  expect(await page.locator('main script, main svg, main img').count()).toBe(0);
  expect(noises).toEqual([]);
});

test('xC6 a picture has its fixed place; one that does not come leaves the letter in it', async () => {
  const page = await enter(site.people.ben);
  for (const [logoUri, width] of [['http://127.0.0.1:1/logo.png', 0], [`${site.web.origin}/icon.svg`, 64]] as const) {
    const { app } = await site.app({ logoUri });
    await page.goto(site.pageOf(site.pending(app, site.people.ben)));
    expect((await page.locator('.face-picture img').boundingBox())?.width ?? 0).toBe(width);
    expect(await page.locator('.face-logo').boundingBox()).toMatchObject({ width: 64, height: 64 });
  }
});
