import { AppError } from '#src/errors.ts';
import type { WebContext } from '#src/http/web-context.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { signedInOf } from '#src/sign-in/signed-in.ts';

import { confirmNoGrantOf, readGrant } from './grant-store.ts';
import { installedApp, type InstalledApp, type InstalledAppDeps } from './installed-app.ts';
import { pathOfInstalledApp } from './installed-apps.ts';

/** The page of one app, and what the pages below it share. */
export const ONE_APP = '/account/apps/:tenant/:app';

interface Place {
  readonly tenant: TenantId;
  readonly app: AppId;
}

export async function appInPath(deps: InstalledAppDeps, ctx: WebContext): Promise<InstalledApp> {
  const found = await installedApp(deps, signedInOf(ctx).user.id, ctx['params'] as Place);
  if (!found) throw new AppError('not_found', { detail: 'This app is not installed for you, or was removed.' });
  return found;
}

/** Taken out twice, or after an answer that was lost: that it is gone has to be as certain (I2). */
export async function appToRemove(deps: InstalledAppDeps, ctx: WebContext): Promise<InstalledApp> {
  const { tenant, app } = ctx['params'] as Place;
  const { id: user } = signedInOf(ctx).user;
  if (!(await readGrant(deps, tenant, user, app))) await confirmNoGrantOf(deps, tenant, user, app);
  return appInPath(deps, ctx);
}

export const hrefOf = ({ tenant, grant }: InstalledApp): string => pathOfInstalledApp(tenant, grant.app);

export const placeOfGrant = ({ grant: { tenant, user, app, id } }: InstalledApp) => ({ tenant, user, app, grant: id });

/** A form is good for this grant only: not for another app, and not for one that was allowed anew. */
export const purposeOf = (what: 'shared-access' | 'permissions' | 'remove', { grant }: InstalledApp): string => `${what}:${grant.id}`;
