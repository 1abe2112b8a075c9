import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

import { chromiumPath } from '../../scripts/programs.ts';

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb'],
  });

const WIDTHS = [360, 1280] as const;
const SCHEMES = ['light', 'dark'] as const;

export interface Look {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  readonly javaScript?: boolean;
}

/** A fresh browser profile with one page. JavaScript is off unless it is asked for: no page of ours needs it. */
export async function openProfile(browser: Browser, { width = 1280, scheme = 'light', javaScript = false }: Look = {}): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: javaScript,
    reducedMotion: 'reduce',
  });
  return { context, page: await context.newPage() };
}

const RUN_AXE = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ': ' + help + ': ' + html)))`;

/**
 * What axe finds wrong (WCAG 2.2 A and AA, and best practices), a line for each. The page must run JavaScript and hold
 * no frames: for those there is axe's own way to drive a browser, which takes several times as long.
 */
async function axeFindings(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  return page.evaluate(RUN_AXE);
}

/** Whether the page is wider than the window, so that a person has to scroll sideways. */
const scrollsSideways = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

/** Keeps a picture in the folder that `SCREENSHOTS` names; without it, does nothing. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/**
 * Every page at every width and scheme: axe's findings and sideways scrolling, named by page and look. `cookies` are
 * those of a person who is signed in.
 */
export async function judgePages(
  browser: Browser,
  pages: Readonly<Record<string, string>>,
  cookies: Parameters<BrowserContext['addCookies']>[0] = [],
): Promise<string[]> {
  const findings: string[] = [];
  const { context, page } = await openProfile(browser, { javaScript: true });
  await context.addCookies(cookies);
  for (const [name, url] of Object.entries(pages)) {
    await page.goto(url);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const scheme of SCHEMES) {
        await page.emulateMedia({ colorScheme: scheme });
        await screenshot(page, `${name}-${width}-${scheme}`);
        // The colours are judged in both schemes and the arrangement at both widths; two looks show all four.
        const wrong = (width === 360) === (scheme === 'light') ? await axeFindings(page) : [];
        if (await scrollsSideways(page)) wrong.push('it scrolls sideways');
        findings.push(...wrong.map((text) => `${name} at ${width} px, ${scheme}: ${text}`));
      }
    }
  }
  await context.close();
  return findings;
}
