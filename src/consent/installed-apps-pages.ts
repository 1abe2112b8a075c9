import { accountFrame } from '#src/http/account-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { displayDay, displayTime } from '#src/http/display-time.ts';
import { allowImageFrom } from '#src/http/headers.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';

import { STATE_NAMES, STATE_SENTENCES } from './acting-state.ts';
import { removeGrant } from './change-grant.ts';
import { appInPath, appToRemove, hrefOf, ONE_APP, placeOfGrant, purposeOf } from './installed-app-pages.ts';
import type { InstalledApp, InstalledAppDeps } from './installed-app.ts';
import { installedApps, launchPathOf, type InstalledAppLine } from './installed-apps.ts';
import { openContexts } from './open-contexts.ts';
import { addUpdateGrantPages } from './update-grant-pages.ts';

/** The entry for `Site.accountSections`. */
export const INSTALLED_APPS_SECTION = { label: 'Installed apps', href: '/account/apps', about: 'What apps may do for you, and how to take it back.' };

export interface InstalledAppsPagesDeps extends InstalledAppDeps {
  /** Seals the places in lists that pages hand out. */
  readonly cursorKey: Uint8Array;
}

const ON_A_PAGE = 20;
const MOST_WORDS = 3;

/** What the person allowed, and taking it back: one thing of it, or the whole app. */
export function installedAppsPages(deps: InstalledAppsPagesDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);

  router.get(INSTALLED_APPS_SECTION.href, own, (ctx) => showList(deps, ctx));

  router.get(ONE_APP, own, async (ctx) => {
    const found = await appInPath(deps, ctx);
    const { face } = found;
    if (face.logo !== undefined) allowImageFrom(ctx, face.logo);
    const view = { ...describe(found, deps.clock()), openIn: await placesIn(deps, found), notice: noticeIn(ctx), csrf: csrfToken(ctx, purposeOf('shared-access', found)) };
    render(ctx, 'account/installed-app', view, frame(ctx, face.name));
  });

  router.get(`${ONE_APP}/remove`, own, async (ctx) => {
    const found = await appInPath(deps, ctx);
    render(ctx, 'account/remove-app', { ...describe(found, deps.clock()), csrf: csrfToken(ctx, purposeOf('remove', found)) }, frame(ctx, 'Remove app'));
  });

  router.post(`${ONE_APP}/remove`, own, async (ctx) => {
    const found = await appToRemove(deps, ctx);
    await postedForm(ctx, purposeOf('remove', found));
    await removeGrant(deps, placeOfGrant(found), { kind: 'user', id: found.grant.user });
    redirectTo(ctx, `${INSTALLED_APPS_SECTION.href}?done=removed`);
  });

  addUpdateGrantPages(router, deps, frame);
  return router;
}

const NOTICES: ReadonlyMap<string, string> = new Map([
  ['removed', 'The app was removed. It can do nothing for you any more.'],
  ['shared', 'The app may now use your shared access permissions.'],
  ['not-shared', 'The app may no longer use your shared access permissions.'],
  ['not-ticked', 'Nothing was changed: tick the box first, then press Authorize.'],
  ['updated', 'What the app may do for you was changed. It holds from now on.'],
  ['same', 'Nothing was changed.'],
  ['moved-on', 'Nothing was changed: something about the app changed while the page was open. This is how it is now.'],
]);

const noticeIn = (ctx: WebContext): string => NOTICES.get(queryField(ctx, 'done')) ?? '';

const frame = (ctx: WebContext, title: string) => accountFrame(ctx, title, INSTALLED_APPS_SECTION.href);

async function showList({ cursorKey, ...deps }: InstalledAppsPagesDeps, ctx: WebContext): Promise<void> {
  const { user } = signedInOf(ctx);
  const words = queryField(ctx, 'q').trim().slice(0, 100);
  const tenant = queryField(ctx, 'tenant');
  const place = placeInList(ctx, { path: INSTALLED_APPS_SECTION.href, filter: { q: words, tenant }, of: ['installed apps', user.id, tenant, words], key: cursorKey });
  const { after } = place;
  const { lines, next, tenants } = await installedApps(deps, user.id, { after, limit: ON_A_PAGE, tenant, words });
  const isFiltered = words !== '' || tenant !== '';
  const view = {
    notice: noticeIn(ctx),
    apps: lines.map((line) => inList(line, deps.clock())),
    action: INSTALLED_APPS_SECTION.href,
    words,
    // A single page needs no search.
    canSearch: isFiltered || after !== undefined || next !== undefined || tenants.length > 1,
    tenants: tenants.length < 2 ? [] : tenants.map(({ id, name }) => ({ id, name, chosen: id === tenant })),
    nothing: nothingWords({ words, isPart: tenant !== '' || after !== undefined, isLast: next === undefined }),
    ...place.links(next),
  };
  render(ctx, 'account/installed-apps', view, frame(ctx, 'Installed apps'));
}

function nothingWords({ words, isPart, isLast }: { words: string; isPart: boolean; isLast: boolean }): string {
  if (!isLast) return 'None among those looked through so far.';
  if (words !== '') return 'No app of this name acts for you.';
  return isPart ? 'No app acts for you here.' : '';
}

const inList = (line: InstalledAppLine, now: number) => ({
  ...line,
  permissions: line.permissions.slice(0, MOST_WORDS),
  more: Math.max(0, line.permissions.length - MOST_WORDS),
  since: displayDay(line.since),
  lastUsed: lastUsedText(line.lastUsed, line.since, now),
});

const A_MINUTE = 60_000;
const A_YEAR = 365 * 86_400_000;

/** What is written down is up to a minute old, and kept for a good year. */
function lastUsedText(lastUsed: string | undefined, since: string, now: number): { iso: string; text: string } {
  if (lastUsed !== undefined) return displayTime(lastUsed);
  const age = now - Date.parse(since);
  return { iso: '', text: age < A_MINUTE ? 'Just now' : age < A_YEAR ? 'Not yet' : 'Over a year ago' };
}

const canOpen = ({ state, inTenant }: InstalledApp): boolean => state === 'active' && Boolean(inTenant?.version.launchUri);

/** Where the person is just now and can open the app. */
const placesIn = async (deps: InstalledAppsPagesDeps, found: InstalledApp) =>
  (canOpen(found) ? await openContexts(deps, found.member) : []).map(({ id, title }) => ({ title: displayText(title) || id, href: launchPathOf(found.grant.app, found.tenant, id) }));

const describe = (found: InstalledApp, now: number) => ({
  app: found.face,
  tenant: found.tenantName,
  state: STATE_NAMES[found.state],
  stateMeaning: STATE_SENTENCES[found.state],
  since: displayTime(found.since),
  lastUsed: lastUsedText(found.lastUsed, found.since, now),
  permissions: found.permissions,
  nodes: found.nodes,
  sharedAccess: found.sharedAccess ?? null,
  alsoForTenant: found.alsoForTenant,
  // What cannot act cannot be changed either; it can be removed.
  open: canOpen(found) ? launchPathOf(found.grant.app, found.tenant) : '',
  update: found.state === 'active' ? `${hrefOf(found)}/permissions` : '',
  href: hrefOf(found),
});
