import type { Page } from 'playwright-core';

import type { Stage } from '#test/support/stage.ts';
import type { Person } from '#test/support/world.ts';

export async function signInAs(page: Page, { email, password }: Person): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export const answerConsent = (page: Page, answer: 'Authorize' | 'Refuse'): Promise<void> =>
  page.getByRole('button', { name: answer, exact: true }).click();

/** From the app's front page to its overview, ticking nothing. */
export async function connectAs(page: Page, { app }: Stage, person: Person): Promise<void> {
  await page.goto(app);
  await page.getByRole('button', { name: 'Connect' }).click();
  await signInAs(page, person);
  // Somebody who said yes before is not asked again.
  if (page.url().includes('/consent/')) await answerConsent(page, 'Authorize');
  if (page.url() !== `${app}/`) throw new Error(`Not back at the app but at ${page.url()}: ${await page.locator('body').innerText()}`);
}

/** Nobody has allowed the app anything: every journey begins there. */
export async function forgetGrants({ world: { manage, tenants, apps } }: Pick<Stage, 'world'>): Promise<void> {
  for (const tenant of Object.values(tenants)) {
    const { items } = await manage.get(`/tenants/${tenant}/grants?app=${apps.scheduler.id}`);
    for (const { id } of items) await manage.remove(`/tenants/${tenant}/grants/${id}`);
  }
}
