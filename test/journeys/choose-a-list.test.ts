import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { judgePages, launchChromium, openProfile, screenshot } from '#test/support/chromium.ts';
import { begin, exchange, introspect } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { signInAs } from './steps.ts';

let world: World;
let browser: Browser;
beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
});

const LISTS = 60;

test('S3 Ben searches among many lists, chooses one, and the app reaches that one and nowhere else: without JavaScript, by keyboard where he likes', async () => {
  const { northwind } = world.tenants;
  const { ben } = world.people;
  const [org, sales] = [{ kind: 'tenancy', id: 'northwind' }, { kind: 'web', id: 'sales' }];
  const company = { kind: 'site_collection', id: 'company' };
  await world.manage.post(`/tenants/${northwind}/resources`, {
    nodes: [
      { ...org, title: 'Northwind', parent: null },
      { ...company, title: 'Company', parent: org },
      { ...sales, title: 'Sales', parent: company },
      ...Array.from({ length: LISTS }, (_, number) => ({ kind: 'list', id: `l${number}`, title: `Tasks of week ${number + 1}`, template: 'tasks', parent: sales })),
      { kind: 'list', id: 'offers', title: 'Offers and orders', template: 'tasks', parent: sales },
    ],
  });
  await world.manage.put(`/tenants/${northwind}/resources/web/sales/rights/${ben.id}`, { right: 'write' });
  const app = await registerApp(
    world.manage,
    { name: 'Tidy Tasks', authMethod: 'client_secret_basic' },
    { redirectUris: [world.apps.scheduler.redirectUri.replace('callback', 'tasks')], permissions: { user: { required: ['meetings:read'], optional: [] } }, resources: { user: [{ kind: 'list', right: 'write', template: 'tasks', required: true }, { kind: 'web', right: 'read', required: false }] } },
  );
  const details = [{ type: 'resource_access', kind: 'list', right: 'write', template: 'tasks' }, { type: 'resource_access', kind: 'web', right: 'read' }];
  const attempt = begin(world, { app, parameters: { tenant: northwind, scope: 'openid meetings:read', authorization_details: JSON.stringify(details) } });

  const { context, page } = await openProfile(browser);
  await page.goto(attempt.url.href);
  await signInAs(page, ben);
  const lists = page.getByRole('group', { name: /one list/ });
  expect(await lists.getByRole('radio', { checked: true }).count()).toBe(0);
  const shown = await lists.getByRole('radio').count();
  await lists.getByRole('button', { name: 'Show more' }).click();
  expect(await lists.getByRole('radio').count()).toBeGreaterThan(0);
  expect(shown).toBeLessThan(LISTS);

  await page.getByRole('button', { name: 'Authorize' }).click();
  expect(await page.getByRole('alert').innerText()).toBe('Choose one list.');
  // Enter in a search field searches, and gives nothing.
  await lists.getByRole('searchbox').fill('orders');
  await lists.getByRole('searchbox').press('Enter');
  await lists.getByLabel('Offers and orders').check();
  await page.getByRole('group', { name: /a site/ }).getByLabel('Sales').check();
  await screenshot(page, 'consent-list-chosen');
  expect(await judgePages(browser, { 'consent-lists': page.url() }, await context.cookies())).toEqual([]);

  const [back] = await Promise.all([page.waitForRequest(`${app.redirectUri}**`), page.getByRole('button', { name: 'Authorize' }).click()]);
  const { body } = await exchange(world, attempt, new URL(back.url()).searchParams.get('code'));
  const chosen = [{ type: 'resource_access', kind: 'list', right: 'write', identifier: 'offers' }, { type: 'resource_access', kind: 'web', right: 'read', identifier: 'sales' }];
  expect(body.authorization_details).toEqual(chosen);
  expect((await introspect(world, body.access_token)).body.authorization_details).toEqual(chosen);
  await context.close();
}, 60_000);
