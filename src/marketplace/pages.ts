import { appsByIds } from '#src/apps/app-store.ts';
import { isForTenant, type App, type LiveApp } from '#src/apps/app.ts';
import { isOffered } from '#src/apps/listing.ts';
import { searchListings } from '#src/apps/listing-store.ts';
import { declaredFor } from '#src/approvals/decide.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { mayReview, reviewersOf } from '#src/approvals/who-reviews.ts';
import { requestPath, reviewPath } from '#src/approvals/review-paths.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { allowImageFrom } from '#src/http/headers.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import { actorOf, knowSignedIn, requireSignedIn, signedInOf, signInPath } from '#src/sign-in/signed-in.ts';
import { entitlementOf, managesApps } from '#src/tenants/entitlement.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';

import { addAllowPages } from './allow-pages.ts';
import { readAppStanding } from './app-standing.ts';
import { appPath, appView, listedApp, type AppFacts, type ListedApp } from './app-view.ts';
import { addInstallPages } from './install-pages.ts';
import { allowPath, type MissingDeps } from './missing-permission.ts';
import { standingPermissions } from './permission-state.ts';
import { appIn, placeOf, visibleApp, type Place } from './place.ts';

export interface MarketplaceDeps extends MissingDeps {
  /** 32 bytes, for nothing but the cursors of these pages. */
  readonly pageKey: Uint8Array;
}

const PAGE = 24;
const MOST_OWN = 24;

/** Apps to look at and the steps that lead to using one. Anybody may look; who goes on signs in first. */
export function marketplacePages(deps: MarketplaceDeps): WebRouter {
  const router = createRouter();

  router.get('/apps', knowSignedIn(deps), async (ctx) => {
    const text = queryField(ctx, 'q').slice(0, 200);
    const place = placeInList(ctx, { path: '/apps', filter: { q: text }, of: ['marketplace', text], key: deps.pageKey });
    const { after } = place;
    const [page, own] = await Promise.all([search(deps, { text, owner: null, after, limit: PAGE }), after === undefined ? ownApps(deps, ctx, text) : []]);
    const view = { text, apps: page.apps, own, ...place.links(page.next), signInPath: ctx.state.signedIn ? null : signInPath(ctx.url) };
    render(ctx, 'apps/marketplace', view, { title: 'Apps', width: 'wide' });
  });

  router.get('/apps/:app', knowSignedIn(deps), async (ctx) => {
    const live = await visibleApp(deps, appIn(ctx), ctx.state.signedIn?.user.id);
    const facts = await factsFor(deps, ctx, live);
    const view = appView(facts);
    if (view.app.logo !== undefined) allowImageFrom(ctx, view.app.logo);
    const signIn = ctx.state.signedIn ? null : signInPath(appPath(live.app));
    render(ctx, 'apps/app', { ...view, signInPath: signIn }, { title: view.app.name, width: 'wide' });
  });

  router.get('/apps/:app/ask', requireSignedIn(deps), async (ctx) => {
    const place = await placeOf(deps, { app: appIn(ctx), tenant: queryField(ctx, 'tenant'), user: signedInOf(ctx).user.id });
    const wanted = wantedOf(place, queryField(ctx, 'identity'), queryField(ctx, 'permission'));
    const open = place.standing.open;
    const restricted = standingPermissions(place.standing).some((each) => each.byOwner && wanted[each.identity].includes(each.permission));
    const byOwner = restricted || (open?.byOwner ?? false);
    const reviewers = await reviewersOf(deps, { tenant: place.tenant.id, byOwner });
    const { catalogue } = deps;
    const view = {
      app: { name: displayText(place.live.app.name), href: appPath(place.live.app, place.tenant.id) },
      tenant: { id: place.tenant.id, name: displayText(place.tenant.name) },
      identity: queryField(ctx, 'identity'),
      permission: queryField(ctx, 'permission'),
      wanted: (['user', 'tenant'] as const).flatMap((identity) => wanted[identity].flatMap((name) => catalogue.find(name)?.title ?? [])),
      decides: mayReview({ byOwner }, place.standing.app.rules, place.entitlement),
      reviewers: reviewers.people.map(({ name }) => displayText(name)),
      action: ctx.path,
      csrf: csrfToken(ctx, `ask:${place.live.app.id}`),
    };
    render(ctx, 'apps/ask', view, { title: `Ask for ${view.app.name}` });
  });

  router.post('/apps/:app/ask', requireSignedIn(deps), async (ctx) => {
    const form = await postedForm(ctx, `ask:${appIn(ctx)}`);
    const place = await placeOf(deps, { app: appIn(ctx), tenant: form.one('tenant'), user: signedInOf(ctx).user.id });
    const { app } = place.live;
    const [identity, permission] = [form.one('identity'), form.one('permission')];
    const resume = permission === '' ? appPath(app, place.tenant.id) : allowPath({ app: app.id, tenant: place.tenant.id, identity: identityOf(identity), permission });
    const ask = { tenant: place.tenant.id, app: app.id, permissions: wantedOf(place, identity, permission), cause: 'request', reason: form.one('reason'), resume } as const;
    const outcome = await requestReview(deps, ask, actorOf(ctx));
    if (!('review' in outcome)) return redirectTo(ctx, resume);
    const { review } = outcome;
    const decides = mayReview(review, place.standing.app.rules, place.entitlement);
    redirectTo(ctx, decides ? reviewPath(review) : requestPath(review));
  });

  addAllowPages(router, deps);
  addInstallPages(router, deps);
  return router;
}

const identityOf = (text: string): Identity => (text === 'tenant' ? 'tenant' : 'user');

/** What a listing says counts only as far as the app itself says so too. */
async function search(deps: MarketplaceDeps, query: Parameters<typeof searchListings>[1]): Promise<{ apps: ListedApp[]; next: string | undefined }> {
  const { records, next } = await searchListings(deps, query);
  const apps = await appsByIds(deps, records.map(({ value }) => value.app));
  const offered = (app: App | undefined): app is App => app !== undefined && isOffered(app) && app.owner === query.owner;
  return { apps: records.map(({ value }) => apps.get(value.app)).filter(offered).map((app) => listedApp(app, app.owner ?? undefined)), next };
}

async function ownApps(deps: MarketplaceDeps, ctx: WebContext, text: string): Promise<{ tenant: string; apps: ListedApp[] }[]> {
  if (!ctx.state.signedIn) return [];
  const tenants = await tenantsOf(deps, ctx.state.signedIn.user.id);
  const found = await Promise.all(
    tenants.map(async ({ tenant }) => ({ tenant: displayText(tenant.name), apps: (await search(deps, { text, owner: tenant.id, limit: MOST_OWN })).apps })),
  );
  return found.filter(({ apps }) => apps.length > 0);
}

async function factsFor(deps: MarketplaceDeps, ctx: WebContext, live: LiveApp): Promise<AppFacts> {
  const facts = { live, catalogue: deps.catalogue, issuer: deps.issuer };
  const user = ctx.state.signedIn?.user.id;
  if (user === undefined) return { ...facts, chosen: undefined, others: [] };
  const tenants = (await tenantsOf(deps, user)).map(({ tenant }) => tenant).filter(({ id }) => isForTenant(live.app, id));
  const tenant = tenants.find(({ id }) => id === queryField(ctx, 'tenant')) ?? tenants[0];
  if (!tenant) return { ...facts, chosen: undefined, others: [] };
  const [standing, entitlement] = await Promise.all([readAppStanding(deps, tenant.id, live.app.id, user), entitlementOf(deps, tenant.id, user)]);
  const others = tenants.filter(({ id }) => id !== tenant.id);
  return { ...facts, chosen: standing && { tenant, standing, person: { user, capabilities: entitlement?.capabilities ?? [] } }, others };
}

/** One permission, or whatever the app declares for those whom the asker can speak for. */
function wantedOf({ standing: { app }, entitlement }: Place, identity: string, permission: string): Record<Identity, readonly string[]> {
  if (permission !== '') return { user: [], tenant: [], [identityOf(identity)]: [permission] };
  const speaksForTenant = managesApps(entitlement) || declaredFor(app.version, 'user').length === 0;
  return { user: declaredFor(app.version, 'user'), tenant: speaksForTenant ? declaredFor(app.version, 'tenant') : [] };
}
