/** `node scripts/screenshots.ts` beside a running `npm start`: draws the pictures in docs/images as the pages really look. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';

import { chromium, type Page } from 'playwright-core';

import { chromiumPath } from './programs.ts';

const APP = 'http://127.0.0.1:3001';
const FOLDER = 'docs/images';
const PERSON = 'ben@northwind.example';
const ADMIN = 'chloe@northwind.example';

if (!existsSync('data/demo.json') || !(await fetch(APP).catch(() => undefined))?.ok) {
  console.error('Run `npm start` in this folder first, then this beside it.');
  process.exit(1);
}
const { password } = JSON.parse(readFileSync('data/demo.json', 'utf8')) as { password: string };

mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 640, height: 600 }, deviceScaleFactor: 1.5, javaScriptEnabled: false });

await connect(page);
if (page.url().startsWith(APP)) {
  // Allowed at an earlier time: forget that, so that the page asks.
  await press(page, 'Disconnect');
  await connect(page);
}
await picture('consent');
await page.emulateMedia({ colorScheme: 'dark' });
await picture('consent-dark');
await page.emulateMedia({ colorScheme: 'light' });

await page.getByLabel('Allow this app to use my shared access permissions').check();
await press(page, 'Authorize');
await page.getByRole('link', { name: 'Shared with me' }).click();
await picture('app-shared-access');
await page.goto(APP);
await press(page, 'Disconnect');
await page.context().clearCookies();

await page.goto(APP);
await press(page, 'Install for the whole organisation');
await signIn(page, ADMIN);
await page.getByLabel('Only some groups and members').check();
await page.getByLabel('Sales').check();
await picture('install');
await browser.close();

async function connect(on: Page): Promise<void> {
  await on.goto(APP);
  await press(on, 'Connect');
  if (on.url().includes('/sign-in')) await signIn(on, PERSON);
}

async function signIn(on: Page, email: string): Promise<void> {
  await on.getByLabel('E-mail address').fill(email);
  await on.getByLabel('Password').fill(password);
  await press(on, 'Sign in');
}

async function press(on: Page, name: string): Promise<void> {
  await on.getByRole('button', { name, exact: true }).click();
}

async function picture(name: string): Promise<void> {
  await page.waitForLoadState();
  await page.screenshot({ path: `${FOLDER}/${name}.png`, fullPage: true, animations: 'disabled' });
  console.log(`${FOLDER}/${name}.png`);
}
