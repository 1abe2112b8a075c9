import { AppError } from '#src/errors.ts';
import { accountTabs } from '#src/http/account-tabs.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayTime } from '#src/http/display-time.ts';
import { allowImageFrom } from '#src/http/headers.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';

import { removeGrant, setSharedAccess } from './change-grant.ts';
import { installedApp, installedApps, pathOfInstalledApp, type InstalledApp, type InstalledAppsDeps } from './installed-apps.ts';

/** The entry for `Site.accountSections`. */
export const INSTALLED_APPS_SECTION = { label: 'Installed apps', href: '/account/apps', about: 'What apps may do for you, and how to take it back.' };

const ONE = '/account/apps/:tenant/:app';

/** What the person allowed, and taking it back: shared access apart, or the whole app. */
export function installedAppsPages(deps: InstalledAppsDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);

  router.get('/account/apps', own, async (ctx) => {
    const apps = await installedApps(deps, signedInOf(ctx).user.id);
    const lines = apps.map((line) => ({ ...line, since: displayTime(line.since) }));
    render(ctx, 'account/installed-apps', { apps: lines, notice: NOTICES.get(String(ctx.query['done'] ?? '')) ?? '' }, frame(ctx, 'Installed apps'));
  });

  router.get(ONE, own, async (ctx) => {
    const found = await appInPath(ctx);
    const { face } = found;
    if (face.logo !== undefined) allowImageFrom(ctx, face.logo);
    const view = { ...describe(found), notice: NOTICES.get(String(ctx.query['done'] ?? '')) ?? '', csrf: csrfToken(ctx, purposeOf('shared-access', found)) };
    render(ctx, 'account/installed-app', view, frame(ctx, face.name));
  });

  router.post(`${ONE}/shared-access`, own, async (ctx) => {
    const found = await appInPath(ctx);
    const form = await postedForm(ctx, purposeOf('shared-access', found));
    const allowed = form.one('decision') === 'authorize';
    if (allowed && !form.has('shared_access')) return redirectTo(ctx, `${hrefOf(found)}?done=not-ticked`);
    // Allowing needs somebody who shares; taking back is always possible.
    if (allowed && !found.sharedAccess) throw new AppError('conflict', { detail: 'Nobody shares anything with you here just now.' });
    const user = signedInOf(ctx).user.id;
    await setSharedAccess(deps, { tenant: found.tenant, user, app: found.grant.app }, allowed, { kind: 'user', id: user });
    redirectTo(ctx, `${hrefOf(found)}?done=${allowed ? 'shared' : 'not-shared'}`);
  });

  router.get(`${ONE}/remove`, own, async (ctx) => {
    const found = await appInPath(ctx);
    render(ctx, 'account/remove-app', { ...describe(found), csrf: csrfToken(ctx, purposeOf('remove', found)) }, frame(ctx, 'Remove app'));
  });

  router.post(`${ONE}/remove`, own, async (ctx) => {
    const found = await appInPath(ctx);
    await postedForm(ctx, purposeOf('remove', found));
    const user = signedInOf(ctx).user.id;
    await removeGrant(deps, { tenant: found.tenant, user, app: found.grant.app }, { kind: 'user', id: user });
    redirectTo(ctx, '/account/apps?done=removed');
  });

  async function appInPath(ctx: WebContext): Promise<InstalledApp> {
    const { tenant, app } = ctx['params'] as { tenant: TenantId; app: AppId };
    const found = await installedApp(deps, signedInOf(ctx).user.id, { tenant, app });
    if (!found) throw new AppError('not_found', { detail: 'This app is not installed for you, or was removed.' });
    return found;
  }

  return router;
}

const NOTICES: ReadonlyMap<string, string> = new Map([
  ['removed', 'The app was removed. It can do nothing for you any more.'],
  ['shared', 'The app may now use your shared access permissions.'],
  ['not-shared', 'The app may no longer use your shared access permissions.'],
  ['not-ticked', 'Nothing was changed: tick the box first, then press Authorize.'],
]);

const hrefOf = ({ tenant, grant }: InstalledApp): string => pathOfInstalledApp(tenant, grant.app);

/** A form is good for this grant only: not for another app, and not for one that was allowed anew. */
const purposeOf = (what: 'shared-access' | 'remove', { grant }: InstalledApp): string => `${what}:${grant.id}`;

const describe = (found: InstalledApp) => ({
  app: found.face,
  tenant: found.tenantName,
  since: displayTime(found.since),
  permissions: found.permissions,
  sharedAccess: found.sharedAccess ?? null,
  href: hrefOf(found),
});

const frame = (ctx: WebContext, title: string) => ({ title, width: 'wide', tabs: accountTabs(ctx, INSTALLED_APPS_SECTION.href) }) as const;
