import { createServer, type IncomingMessage, type Server } from 'node:http';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';

import { freePort } from '#test/support/assent-server.ts';
import { judgePages, launchChromium, openProfile } from '#test/support/chromium.ts';
import { connect } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';
import { signInAs } from '../journeys/steps.ts';

import { claimsOf, launchSite, type LaunchSite } from './site.ts';

let browser: Browser;
let world: World;
let site: LaunchSite;
let app: Server;
let meeting: string;
/** What the app was sent, in order. */
const received: { method: string; url: string; referer: string | undefined; body: URLSearchParams }[] = [];
/** The launch page as it is without its script, which would leave it before anybody could look. */
let still = '';

beforeAll(async () => {
  const port = await freePort();
  [browser, world] = await Promise.all([launchChromium(), startWorld({ schedulerOrigin: `http://127.0.0.1:${port}` })]);
  app = createServer((request, response) => {
    void read(request).then((body) => {
      received.push({ method: request.method ?? '', url: request.url ?? '', referer: request.headers.referer, body: new URLSearchParams(body) });
      if (request.url === '/still') return response.writeHead(200, { 'content-type': 'text/html' }).end(still);
      if (request.method === 'POST') return response.writeHead(303, { location: '/home' }).end();
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>App</title><h1>Scheduler</h1><p id="from"></p>');
    });
  });
  await new Promise<void>((listening) => app.listen(port, '127.0.0.1', listening));
  site = await launchSite(world);
  const { ada, ben } = world.people;
  meeting = await site.meeting({ [ada.id]: 'owner', [ben.id]: 'participant' });
  await connect(world, ben);
});
afterAll(async () => {
  await browser.close();
  await world.stop();
  app.close();
});

async function read(request: IncomingMessage): Promise<string> {
  return Buffer.concat(await request.toArray()).toString('utf8');
}

const launchOf = (query = ''): string => `${world.issuer}/launch/${world.apps.scheduler.id}?tenant=${world.tenants.northwind}${query}`;
const posts = () => received.filter(({ method }) => method === 'POST');

test('S8 xX5 Open leads into the app, with JavaScript by itself and without by a button, and leaves the token in no address', async () => {
  for (const javaScript of [true, false]) {
    received.length = 0;
    const { context, page } = await openProfile(browser, { javaScript });
    await page.goto(`${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`);
    await signInAs(page, world.people.ben);
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(frame.url()));
    await page.getByRole('link', { name: 'Open', exact: true }).click();
    if (!javaScript) await page.getByRole('button', { name: 'Open Scheduler Pro' }).click();
    await page.waitForURL(`${new URL(site.launchUri).origin}/home`);
    expect(posts()).toHaveLength(1);
    const [{ url, referer, body }] = posts() as [(typeof received)[number]];
    expect([url, referer, claimsOf(body.get('context_token') ?? '').sub]).toEqual(['/launch', undefined, world.people.ben.id]);
    expect([...visited, ...received.map((each) => `${each.url} ${each.referer ?? ''}`)].filter((text) => text.includes('eyJ') || text.includes(body.get('context_id') ?? ''))).toEqual([]);
    if (javaScript) expect(await page.evaluate('document.referrer')).toBe('');
    // Back leads to where Open was pressed, not into the app again.
    await page.goBack();
    expect(page.url()).toBe(javaScript ? `${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}` : launchOf());
    await context.close();
  }
}, 60_000);

test('R5 axe finds nothing on the pages of a launch, and none scrolls sideways, at 360 and 1280 px, light and dark', async () => {
  const { ada, ben } = world.people;
  still = (await site.open(ben, { context: meeting })).html.replace('<head>', `<head><base href="${world.issuer}">`).replace(/<script.*<\/script>/, '');
  const cookiesOf = async (person: typeof ada) => {
    const { context, page } = await openProfile(browser);
    await page.goto(`${world.issuer}/account`);
    await signInAs(page, person);
    const cookies = await context.cookies();
    await context.close();
    return cookies;
  };
  const copy = `${new URL(site.launchUri).origin}/still`;
  expect(await judgePages(browser, { launch: copy, 'launch-tenants': `${world.issuer}/launch/${world.apps.scheduler.id}` }, await cookiesOf(ben))).toEqual([]);
  expect(await judgePages(browser, { 'launch-choice': launchOf(`&context=${meeting}`), 'launch-refused': launchOf('&refused=yes') }, await cookiesOf(ada))).toEqual([]);
}, 60_000);
