import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { launchChromium, openProfile, screenshot } from '#test/support/chromium.ts';
import { introspect } from '#test/support/oauth-flow.ts';
import { until } from '#test/support/redis.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import { EVERYBODYS, tenantToken } from '#test/support/tenant-tokens.ts';
import type { Person } from '#test/support/world.ts';

import { answerConsent, signInAs } from './steps.ts';

let stage: Stage;
let browser: Browser;
/** Each at a computer of their own. */
let dan: Page;
let chloe: Page;
let ada: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchChromium()]);
  const { manage, tenants, people } = stage.world;
  const { id: group } = await manage.post(`/tenants/${tenants.northwind}/groups`, { name: 'Sales' });
  await manage.put(`/tenants/${tenants.northwind}/groups/${group}/members/${people.dan.id}`, undefined);
  [dan, chloe, ada] = (await Promise.all([1, 2, 3].map(() => openProfile(browser)))).map(({ page }) => page) as [Page, Page, Page];
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

const text = (page: Page) => page.locator('main').innerText();
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** What a mail for this person about this leads to. */
async function followMail(page: Page, { name }: Person, subject: string): Promise<string> {
  const row = page.getByRole('row').filter({ hasText: name }).filter({ hasText: subject });
  await until(`a mail for ${name}: ${subject}`, async () => {
    await page.goto(`${stage.world.issuer}/dev/mail`);
    return (await row.count()) > 0;
  });
  await row.first().getByRole('link').click();
  const letter = await page.locator('.letter').innerText();
  await page.locator('.letter a').first().click();
  return letter;
}

/** One story: each test goes on where the one before it ended. */
describe('in a browser without JavaScript', () => {
  test('L8 L10 Z10 a member connects an app that has to be approved, and asks for it', async () => {
    await dan.goto(stage.minutes.origin);
    await press(dan, 'Connect');
    await signInAs(dan, stage.world.people.dan);
    await expect(heading(dan)).resolves.toBe('Minute Taker needs approval in Northwind');
    expect(await text(dan)).toMatch(/See your contacts[\s\S]*Ada Lovelace/);
    await screenshot(dan, 'journey-needs-approval');
    await dan.getByLabel('Why do you need it?').fill('For the minutes of the sales meetings.');
    await press(dan, 'Ask for approval');
    await expect(heading(dan)).resolves.toBe('Your request for Minute Taker waits');
    expect(await text(dan)).toMatch(/Who decides\s+Ada Lovelace/);
    await screenshot(dan, 'journey-request');
  });

  test('L10 L16 an admin is told by mail, looks at who asks for what and why, and approves it for a group', async () => {
    const letter = await followMail(ada, stage.world.people.ada, 'Please decide: “Minute Taker” in “Northwind”');
    expect(letter).toContain('Dan Silva');
    await signInAs(ada, stage.world.people.ada);
    await expect(heading(ada)).resolves.toBe('Minute Taker asks for approval');
    const review = await text(ada);
    expect(review).toMatch(/Nobody has checked who the developer is[\s\S]*Kitchen Table Software[\s\S]*Not verified/);
    expect(review).toMatch(/Dan Silva[\s\S]*For the minutes of the sales meetings\.[\s\S]*See your contacts/);
    await screenshot(ada, 'journey-review');
    await ada.getByLabel('Only some groups and members').check();
    await ada.getByLabel('Sales').check();
    await press(ada, 'Approve');
    expect(await text(ada)).toMatch(/Approved[\s\S]*Ada Lovelace/);
    expect(await text(ada)).toContain('Sales');
  });

  test('L4 L12 L16 the member is told, led back to exactly where they stopped, says yes, and the app holds a user token', async () => {
    await followMail(dan, stage.world.people.dan, 'Approved: “Minute Taker” in “Northwind”');
    await expect(heading(dan)).resolves.toBe('Minute Taker asks for access');
    expect(await text(dan)).toContain('See your contacts');
    await answerConsent(dan, 'Authorize');
    expect(dan.url()).toBe(`${stage.minutes.origin}/`);
    expect(await text(dan)).toMatch(/Hello Dan Silva\.[\s\S]*contacts:read/);
    await dan.getByRole('link', { name: 'My meetings' }).click();
    expect(await text(dan)).toMatch(/GET \/me\/meetings\s+200[\s\S]*Supplier call/);
  });

  test('L4 a member outside the group is told so, who decides, and can ask', async () => {
    await chloe.goto(stage.minutes.origin);
    await press(chloe, 'Connect');
    await signInAs(chloe, stage.world.people.chloe);
    await expect(heading(chloe)).resolves.toBe('Minute Taker is not available to you in Northwind');
    expect(await text(chloe)).toContain('Ada Lovelace');
    await press(chloe, 'Return to the app');
    expect(await chloe.getByRole('alert').innerText()).toMatch(/Not for you yet[\s\S]*out_of_availability/);
  });

  test('L2 L6 the admin installs an app for the organisation with a data range, and its tenant token stops there', async () => {
    await ada.goto(stage.app);
    await press(ada, 'Install for the whole organisation');
    expect(await text(ada)).toMatch(/as itself, not as you[\s\S]*See all meetings of the organisation/);
    await ada.getByLabel('Only some groups and members').check();
    await ada.getByLabel('Sales').check();
    await screenshot(ada, 'journey-install');
    await ada.getByRole('button', { name: /install/i }).click();

    expect(ada.url()).toBe(`${stage.app}/organisation`);
    expect(await ada.getByRole('status').innerText()).toContain('Installed');
    const page = await text(ada);
    expect(page).toMatch(/GET \/meetings\s+200[\s\S]*Dan Silva[\s\S]*Supplier call/);
    expect(page).not.toMatch(/Board preparation|Team stand-up/);
    expect(await ada.locator('#tenant-scope').innerText()).toBe(EVERYBODYS);
    expect(await ada.locator('#installation').innerText()).toBe('Active, for the members that were chosen');
    await screenshot(ada, 'journey-organisation');

    await press(ada, 'Get a new token');
    expect(await ada.getByRole('status').innerText()).toContain('nobody had to be there');
    await ada.getByLabel('E-mail address or user id').fill('ben@northwind.example');
    await press(ada, 'Show meetings');
    expect(await text(ada)).toMatch(/403 out_of_data_range[\s\S]*outside the data that the app may reach/);
  });

  test('L7 what the app lacks is named, with who can help and a link that leads them straight there', async () => {
    expect(await text(ada)).toMatch(/403 insufficient_scope[\s\S]*This needs directory:read for the whole organisation/);
    const link = (await ada.getByRole('link', { name: 'Go to where that is granted' }).getAttribute('href')) ?? '';
    await ada.goto(link);
    expect(await text(ada)).toContain('See the members of the organisation');
    // For somebody who cannot grant it, the same link is a clear refusal.
    await chloe.goto(link);
    expect(chloe.url()).toContain('/apps/');
    expect(await text(chloe)).toContain('Ada Lovelace');
    expect(await chloe.getByRole('button', { name: /^(?:Allow|Approve|Install)/ }).count()).toBe(0);
  });

  test('L6 Z10 suspended by the admin, the app is told so in its next call and gets no token; resumed, it works again', async () => {
    const { world } = stage;
    const token = (await tenantToken(world)).body.access_token;
    expect((await introspect(world, token)).body.active).toBe(true);

    await ada.goto(`${world.issuer}/admin/${world.tenants.northwind}/installations`);
    await ada.getByRole('link', { name: 'Scheduler Pro' }).first().click();
    await ada.getByRole('link', { name: 'Suspend', exact: true }).click();
    await ada.getByRole('button', { name: /^Suspend/ }).click();
    expect((await introspect(world, token)).body).toEqual({ active: false });

    await ada.goto(`${stage.app}/organisation`);
    expect(await ada.getByRole('alert').innerText()).toMatch(/Suspended[\s\S]*installation_suspended/);
    expect(await ada.locator('#installation').innerText()).toMatch(/^Suspended/);
    expect(await text(ada)).not.toContain('Supplier call');
    await screenshot(ada, 'journey-suspended');

    await ada.goto(`${world.issuer}/admin/${world.tenants.northwind}/installations/${world.apps.scheduler.id}`);
    await ada.getByRole('link', { name: 'Resume', exact: true }).click();
    await ada.getByRole('button', { name: /^Resume/ }).click();
    await ada.goto(`${stage.app}/organisation`);
    expect(await text(ada)).toContain('Supplier call');
  });

  test('L2 both at once: one yes connects the admin and installs the app', async () => {
    const { context, page } = await openProfile(browser);
    await page.goto(stage.app);
    await press(page, 'Both at once');
    await signInAs(page, stage.world.people.ada);
    expect(await text(page)).toMatch(/1\. For you[\s\S]*2\. For all of Northwind/);
    await page.getByRole('button', { name: /^(?:Authorize|Approve and authorize)$/ }).click();
    expect(page.url()).toBe(`${stage.app}/organisation`);
    expect(await page.getByRole('status').innerText()).toContain('Hello Ada Lovelace.');
    await page.getByRole('link', { name: 'My meetings' }).click();
    expect(await text(page)).toContain('Board preparation');
    await context.close();
  });

  test('a member who only connected does not see everybody’s meetings through the app', async () => {
    const { context, page } = await openProfile(browser);
    await page.goto(stage.app);
    await press(page, 'Connect');
    await signInAs(page, stage.world.people.dan);
    await answerConsent(page, 'Authorize');
    await page.getByRole('link', { name: 'As the organisation' }).click();
    expect(await text(page)).not.toContain('Supplier call');
    await press(page, 'Install for the whole organisation');
    expect(await text(page)).toContain('Only somebody who manages apps there can allow that');
    await press(page, 'Return to the app');
    expect(await page.getByRole('alert').innerText()).toMatch(/Not installed there/);
    await context.close();
  });
});
