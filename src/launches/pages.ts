import { isForTenant } from '#src/apps/app.ts';
import { appFace } from '#src/consent/app-face.ts';
import { phrase, type Phrase } from '#src/consent/phrase.ts';
import { contextKey } from '#src/contexts/context-records.ts';
import { AppError } from '#src/errors.ts';
import { displayText } from '#src/http/display-text.ts';
import { allowFormActionTo, allowOwnScript } from '#src/http/headers.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { AppId, ContextId, TenantId, UserId } from '#src/ids.ts';
import { appPath } from '#src/marketplace/app-view.ts';
import { visibleApp } from '#src/marketplace/place.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

import { consentPath } from './launch-consents.ts';
import { readLaunchFacts, type LaunchDeps, type LaunchFacts } from './launch-facts.ts';
import { launchPath, resourceIn, type LaunchLink } from './launch-path.ts';
import { launchState } from './launch-state.ts';
import { launchTarget } from './launch-target.ts';
import { authorizationOf, mintLaunch } from './mint-launch.ts';

/**
 * `GET /launch/{client_id}` opens an app for whoever is signed in: never for anybody whom the link names (xX4). Its
 * answer is a form that is posted to the app; a reload makes a new token, so an app whose own is used up sends people
 * here (S11).
 */
export function launchPages(deps: LaunchDeps): WebRouter {
  const router = createRouter();

  router.get('/launch/:app', requireSignedIn(deps), async (ctx) => {
    const { user } = signedInOf(ctx);
    const link = linkIn(ctx);
    const live = await visibleApp(deps, link.app, user.id);
    const target = launchTarget(live.version, link.redirectUri);
    const tenants = (await tenantsOf(deps, user.id)).map(({ tenant }) => tenant).filter(({ id }) => isForTenant(live.app, id));
    const tenant = await tenantFor(deps, link, tenants);
    if (tenant === 'choose') return showTenants(ctx, link, tenants, live.app.name);
    const facts = await factsFor(deps, { ...link, tenant }, user.id);
    const state = launchState(facts);
    if (state.is === 'closed') return redirectTo(ctx, appPath(live.app, tenant));
    const without = state.is === 'connect' && state.without;
    if (state.is === 'connect' && !(without && queryField(ctx, 'as') === 'guest')) {
      const refused = queryField(ctx, 'refused') === 'yes';
      const consent = consentPath({ ...link, tenant }, user.id);
      return without || refused ? showChoice(ctx, facts, { ...link, tenant }, { consent, without, refused }) : redirectTo(ctx, consent);
    }
    await open(deps, ctx, facts, target);
  });

  return router;
}

function linkIn(ctx: WebContext): LaunchLink {
  const resource = queryField(ctx, 'resource');
  const found = resourceIn(resource);
  if (resource !== '' && !found) throw new AppError('invalid_request', { detail: 'This link is not complete. Go back and try again.' });
  return {
    app: ctx['params'].app as AppId,
    tenant: (queryField(ctx, 'tenant') as TenantId) || null,
    context: (queryField(ctx, 'context') as ContextId) || null,
    resource: found,
    redirectUri: queryField(ctx, 'redirect_uri') || null,
  };
}

const NOT_THERE = 'You are not in it, or not any more. If you have another account, sign in with that one.';

/** The one that the link names; where the context is; or the only one. */
async function tenantFor(deps: LaunchDeps, { tenant, context }: LaunchLink, tenants: readonly Tenant[]): Promise<TenantId | 'choose'> {
  if (tenant !== null) {
    if (tenants.some(({ id }) => id === tenant)) return tenant;
    throw new AppError('not_found', { detail: NOT_THERE });
  }
  if (context !== null) {
    const records = await deps.store.read(...tenants.map(({ id }) => contextKey(id, context)));
    const found = tenants.find((_, place) => records[place] !== undefined);
    if (found) return found.id;
    throw new AppError('not_found', { detail: NOT_THERE });
  }
  const [only, ...others] = tenants;
  if (!only) throw new AppError('not_found', { detail: 'You are not an active member of any organisation in which this app can be used.' });
  return others.length === 0 ? only.id : 'choose';
}

async function factsFor(deps: LaunchDeps, link: LaunchLink & { tenant: TenantId }, user: UserId): Promise<LaunchFacts> {
  try {
    return await readLaunchFacts(deps, { ...link, person: { user } });
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') throw new AppError('not_found', { detail: NOT_THERE, cause: error });
    throw error;
  }
}

async function open(deps: LaunchDeps, ctx: WebContext, facts: LaunchFacts, target: string): Promise<void> {
  const { action, fields } = await mintLaunch(deps, facts, target);
  const face = appFace(facts.standing.app.app, target);
  const view = {
    app: face.name,
    host: new URL(action).host,
    learns: whatItLearns(facts),
    action,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
    script: ctx.state.site.asset('launch.js'),
  };
  allowFormActionTo(ctx, action);
  allowOwnScript(ctx);
  render(ctx, 'launches/launch', view, { title: `Opening ${face.name}` });
}

function whatItLearns(facts: LaunchFacts): Phrase {
  const tenant = displayText(facts.tenant.name);
  const place = facts.place && displayText(facts.place.context.title);
  if (authorizationOf(facts) !== 'authorized') return phrase`It learns that somebody in ${place ?? tenant} opens it, and not who you are.`;
  return place === null ? phrase`It learns that it is you, of ${tenant}.` : phrase`It learns that it is you, of ${tenant}, and that you are in ${place}.`;
}

function showTenants(ctx: WebContext, link: LaunchLink, tenants: readonly Tenant[], name: string): void {
  const view = {
    app: displayText(name),
    tenants: tenants.map((tenant) => ({ name: displayText(tenant.name) || tenant.id, href: launchPath({ ...link, tenant: tenant.id }) })),
  };
  render(ctx, 'launches/tenants', view, { title: `Open ${view.app}` });
}

function showChoice(ctx: WebContext, { standing, tenant, place }: LaunchFacts, link: LaunchLink & { tenant: TenantId }, { consent, without, refused }: { consent: string; without: boolean; refused: boolean }): void {
  const app = displayText(standing.app.app.name) || link.app;
  const where = place ? displayText(place.context.title) : '';
  const view = {
    heading: refused ? phrase`You did not connect ${app}` : phrase`Connect ${app} first?`,
    words: refused ? phrase`${app} was given nothing in ${displayText(tenant.name)}.` : phrase`${app} is not connected to your account in ${displayText(tenant.name)}.`,
    app,
    place: where,
    kind: place ? place.kind.title.toLocaleLowerCase('en') : '',
    connect: consent,
    without: without ? launchPath(link, { as: 'guest' }) : '',
    about: appPath(standing.app.app, tenant.id),
  };
  render(ctx, 'launches/choice', view, { title: `Open ${app}` });
}
