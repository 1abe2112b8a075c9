import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { makeSites, siteVersion } from '#test/support/sites.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import { approve } from '#test/support/tenant-tokens.ts';
import type { Person } from '#test/support/world.ts';

import { answerConsent, connectAs, signInAs } from './steps.ts';

let stage: Stage;
let browser: Browser;
let northwind: string;
let people: Stage['world']['people'];
/** Ada runs it, Ben takes part. */
let meeting: string;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchChromium()]);
  const { world } = stage;
  ({ people } = world);
  ({ northwind } = world.tenants);
  await makeSites(world);
  await publishVersion(world.manage, world.apps.scheduler.id, siteVersion(stage.app));
  await approve(world, { permissions: { tenant: ['meetings.all:read', 'app_only:web:read'] } });
  const members = [{ user: people.ada.id, role: 'owner' }, { user: people.ben.id, role: 'participant' }];
  meeting = (await world.manage.post(`/tenants/${northwind}/contexts`, { kind: 'meeting', title: 'Monday planning', number: '555 0100', members })).id;
});
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

const launch = () => `${stage.world.issuer}/launch/${stage.world.apps.scheduler.id}?context=${meeting}`;
const methods = async (page: Page, which: 'supported' | 'unsupported') => page.locator(`#${which}-methods > li > div > code`).allInnerTexts();
const main = (page: Page) => page.locator('main').innerText();

/** Opens the app in the meeting, connecting it on the way (R5). */
async function openAs(person: Person, javaScript = false): Promise<{ context: BrowserContext; page: Page }> {
  const { context, page } = await openProfile(browser, { javaScript });
  await page.goto(launch());
  await signInAs(page, person);
  await goIn(page, javaScript);
  return { context, page };
}

/** Over the page that asks to connect and the consent page, where they are there, and the one that posts. */
async function goIn(page: Page, byItself: boolean): Promise<void> {
  const connect = page.getByRole('link', { name: 'Connect and open' });
  if ((await connect.count()) > 0) {
    await connect.click();
    await answerConsent(page, 'Authorize');
  }
  if (!byItself) await page.getByRole('button', { name: 'Open Scheduler Pro' }).click();
  await page.waitForURL(`${stage.app}/here`);
}

describe('opened in a meeting', () => {
  test('R1 R3 R5 S8 S10 by its host and by a participant: other methods, a 403 for what is the host’s, and a context token that works once', async () => {
    const host = await openAs(people.ada);
    expect(await host.page.locator('h1').innerText()).toBe('Monday planning');
    expect(await host.page.locator('#role').innerText()).toBe('owner');
    expect(await methods(host.page, 'supported')).toContain('meeting.list_participants');
    await host.page.getByRole('button', { name: 'Call meeting.list_participants' }).click();
    expect(await host.page.getByRole('status').innerText()).toMatch(/meeting\.list_participants\s+200/);

    const guest = await openAs(people.ben);
    expect(await guest.page.locator('#role').innerText()).toBe('participant');
    expect(await guest.page.locator('h1').innerText()).not.toBe('Monday planning');
    expect(await methods(guest.page, 'supported')).toEqual(['meeting.show_app', 'meeting.read_own_entry', 'meeting.raise_hand']);
    expect(await methods(guest.page, 'unsupported')).toContain('meeting.list_participants');
    await guest.page.getByRole('button', { name: 'Call meeting.raise_hand' }).click();
    expect(await guest.page.getByRole('status').innerText()).toMatch(/meeting\.raise_hand\s+200/);
    await guest.page.getByRole('button', { name: 'Call all the same: meeting.list_participants' }).click();
    expect(await guest.page.getByRole('alert').innerText()).toMatch(/403 role_not_permitted/);

    await guest.page.getByRole('button', { name: 'Exchange it again' }).click();
    expect(await guest.page.getByRole('alert').innerText()).toMatch(/Refused: it works once[\s\S]*invalid_grant/);
    expect(await judgePages(browser, { 'app-here': `${stage.app}/here` }, await guest.context.cookies())).toEqual([]);
    await host.context.close();
    await guest.context.close();
  }, 90_000);

  test('S8 S9 again, where scripts run, without a click; the app keeps what it knows under the same id', async () => {
    const { context, page } = await openAs(people.ben, true);
    const id = await page.locator('#context-id').innerText();
    const times = Number(/opened it (once|\d+)/.exec(await main(page))?.[1]?.replace('once', '1'));
    await page.goto(launch());
    await page.waitForURL(`${stage.app}/here`);
    expect(await page.locator('#context-id').innerText()).toBe(id);
    expect(await main(page)).toContain(`opened it ${times + 1} times`);
    expect(page.url()).not.toContain(meeting);
    await context.close();
  }, 60_000);

  test('xX4 for somebody else than uses the app in this browser: nobody is swapped without a click', async () => {
    const { context, page } = await openProfile(browser);
    await connectAs(page, stage, people.ben);
    const all = await context.cookies();
    await context.clearCookies();
    await context.addCookies(all.filter(({ name }) => name === `session_${stage.world.apps.scheduler.id}`));
    await page.goto(launch());
    await signInAs(page, people.ada);
    await page.getByRole('button', { name: 'Open Scheduler Pro' }).click();
    expect(await page.locator('h1').innerText()).toBe('Go on as somebody else?');
    await page.getByRole('button', { name: 'Stay as Ben Okafor' }).click();
    expect(await main(page)).toContain('Ben Okafor');
    await page.goto(`${stage.app}/open`);
    await page.getByRole('button', { name: 'Go on as the other account' }).click();
    expect(await main(page)).toContain(people.ada.id);
    await page.goto(`${stage.app}/open`);
    expect(await main(page)).toContain('This launch is not good');
    await context.close();
  }, 60_000);
});

describe('in the sites of an organisation', () => {
  test('S1 S3 S5 the app writes in the list that Ben picked and nowhere else, reads under each of three policies', async () => {
    const { context, page } = await openProfile(browser);
    await connectAs(page, stage, people.ben);
    await page.getByRole('link', { name: 'Documents' }).click();
    await page.getByRole('button', { name: 'Choose a list to write in' }).click();
    await page.getByRole('group', { name: /one list/ }).getByLabel('Sales tasks').check();
    await answerConsent(page, 'Authorize');
    await page.getByRole('button', { name: 'Choose a site to read' }).click();
    await page.getByRole('checkbox', { name: /^Sales/ }).check();
    await answerConsent(page, 'Authorize');
    expect(page.url()).toBe(`${stage.app}/documents`);
    expect(await main(page)).toMatch(/Sales tasks[\s\S]*Follow-ups[\s\S]*Offers/);
    expect(await main(page)).not.toContain('Repairs');

    const add = async (list: string) => {
      const form = page.locator('form').filter({ has: page.getByLabel(`Add to ${list}`) });
      await form.getByRole('textbox').fill(`Written to ${list}`);
      await form.getByRole('button').click();
    };
    await add('Sales tasks');
    expect(await page.getByRole('status').innerText()).toMatch(/201/);
    await add('Follow-ups');
    expect(await page.getByRole('alert').innerText()).toMatch(/403 insufficient_scope/);
    const text = await main(page);
    expect([text.includes('Written to Sales tasks'), text.includes('Written to Follow-ups')]).toEqual([true, false]);
    expect(await judgePages(browser, { 'app-documents': `${stage.app}/documents` }, await context.cookies())).toEqual([]);

    await page.getByRole('link', { name: 'Look at the sites on the platform itself' }).click();
    await page.getByLabel('Who are you?').selectOption({ label: 'Ben Okafor, ben@northwind.example' });
    await page.getByRole('button', { name: 'Show sites' }).click();
    expect(await main(page)).toMatch(/Office[\s\S]*Repairs/);
    expect(await judgePages(browser, { 'platform-sites': stage.platform }, await context.cookies())).toEqual([]);
    await context.close();
  }, 90_000);

  test('S5 S6 by itself it reads the site that Ada chose for it, which it could not for her', async () => {
    const { context, page } = await openProfile(browser);
    await connectAs(page, stage, people.ada);
    await page.getByRole('link', { name: 'Documents' }).click();
    await page.getByRole('button', { name: 'Let it read a site by itself' }).click();
    await page.getByRole('checkbox', { name: /^Office/ }).check();
    await page.getByRole('button', { name: /^(Authorize|Install|Approve|Confirm)/ }).click();
    expect(page.url()).toBe(`${stage.app}/documents`);
    expect(await page.getByRole('region', { name: 'By itself' }).innerText()).toMatch(/GET \/sites\/office\/lists\s+200[\s\S]*Handbook/);
    expect(await page.getByRole('region', { name: 'For you' }).innerText()).not.toContain('Handbook');
    await context.close();
  }, 60_000);
});
