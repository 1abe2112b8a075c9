import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import { requestPath, reviewPath } from '#src/approvals/review-paths.ts';
import { mayReview, reviewersOf } from '#src/approvals/who-reviews.ts';
import { phrase } from '#src/consent/phrase.ts';
import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import type { WebContext, WebRouter } from '#src/http/web-context.ts';
import type { UserId } from '#src/ids.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { appManagersOf } from '#src/tenants/app-managers.ts';
import { managesApps } from '#src/tenants/entitlement.ts';

import { allowPermission } from './allow-permission.ts';
import { appPath, startOf, type Button } from './app-view.ts';
import { whoCanGrant, type MissingDeps, type WhoCanGrant } from './missing-permission.ts';
import { standingOf, type StandingPermission } from './permission-state.ts';
import { appIn, placeOf, type Place } from './place.ts';

/** The link of L7: leads who can grant a permission straight to doing so, and tells everybody else who can. */
export function addAllowPages(router: WebRouter, deps: MissingDeps): void {
  router.get('/apps/:app/allow', requireSignedIn(deps), async (ctx) => {
    const { user } = signedInOf(ctx);
    const place = await placeOf(deps, { app: appIn(ctx), tenant: queryField(ctx, 'tenant'), user: user.id });
    const wanted = wantedIn(ctx, place);
    const done = queryField(ctx, 'done') === 'yes';
    if (isResourcePermission(wanted.permission) && (wanted.state === 'granted' || whoCanGrant(wanted, place.standing) === 'member')) return showChooser(ctx, place, wanted, deps);
    if (wanted.state === 'granted' && (wanted.identity === 'user' || !managesApps(place.entitlement))) return showGranted(ctx, place, wanted, deps, done);
    const path = pathOfWhoCan(place, wanted, user.id);
    if (path !== undefined) return redirectTo(ctx, path);
    if (whoCanGrant(wanted, place.standing) === 'member') return showQuestion(ctx, place, wanted, deps);
    await showRefusal(ctx, place, wanted, deps);
  });

  router.post('/apps/:app/allow', requireSignedIn(deps), async (ctx) => {
    const form = await postedForm(ctx, `allow:${appIn(ctx)}`);
    const { user } = signedInOf(ctx);
    const place = await placeOf(deps, { app: appIn(ctx), tenant: form.one('tenant'), user: user.id });
    const permission = form.one('permission');
    await allowPermission(deps, place, { user: user.id, permission, grantVersion: Number(form.one('grant')) });
    redirectTo(ctx, `${ctx.path}?${new URLSearchParams({ tenant: place.tenant.id, identity: 'user', permission, done: 'yes' }).toString()}`);
  });
}


function wantedIn(ctx: WebContext, { standing }: Place): StandingPermission {
  const [identity, permission] = [queryField(ctx, 'identity'), queryField(ctx, 'permission')];
  if ((identity !== 'user' && identity !== 'tenant') || permission === '') {
    throw new AppError('invalid_request', { detail: 'This link is not complete. Go back to the app and try again.' });
  }
  return standingOf(permission, identity, standing);
}

/** The page of ours on which this person can grant it, if that is another one than the question of this one. */
function pathOfWhoCan(place: Place, wanted: StandingPermission, user: UserId): string | undefined {
  const { tenant, live, standing, entitlement } = place;
  const admin = `/admin/${encodeURIComponent(tenant.id)}`;
  const installation = standing.installation ? `${admin}/installations/${encodeURIComponent(live.app.id)}#permissions` : `/apps/${encodeURIComponent(live.app.id)}/install?${new URLSearchParams({ tenant: tenant.id }).toString()}`;
  switch (whoCanGrant(wanted, standing)) {
    case 'app_admins':
      return managesApps(place.entitlement) ? installation : undefined;
    case 'member':
      return standing.grant ? undefined : appPath(live.app, tenant.id);
    case 'owners':
    case 'reviewers': {
      const { open } = standing;
      const asked = open?.permissions[wanted.identity].includes(wanted.permission) ? open : undefined;
      const decides = mayReview({ byOwner: wanted.byOwner || (open?.byOwner ?? false) }, standing.app.rules, entitlement);
      if (decides) return asked ? reviewPath(asked) : askPath(place, wanted);
      return asked?.requests.some((request) => request.user === user) ? requestPath(asked) : undefined;
    }
    default:
      return undefined;
  }
}

/** Asking for one permission: who decides goes on from there to the review itself. */
const askPath = ({ live, tenant }: Place, { identity, permission }: StandingPermission): string =>
  `/apps/${encodeURIComponent(live.app.id)}/ask?${new URLSearchParams({ tenant: tenant.id, identity, permission }).toString()}`;

const inWords = ({ permission }: StandingPermission, { standing: { app } }: Place) => {
  const { title = permission, explanation = '', sensitive = false } = app.catalogue.find(permission) ?? {};
  return { title, explanation, sensitive };
};

const names = ({ live, tenant }: Place) => ({
  app: displayText(live.app.name) || live.app.id,
  tenant: displayText(tenant.name) || tenant.id,
});

function showQuestion(ctx: WebContext, place: Place, wanted: StandingPermission, { issuer }: MissingDeps): void {
  const view = {
    ...names(place),
    permission: { name: wanted.permission, ...inWords(wanted, place) },
    tenantId: place.tenant.id,
    grantVersion: place.standing.grant?.version ?? 0,
    back: startOf(place.live.version, { tenant: place.tenant.id, issuer }) ?? appPath(place.live.app, place.tenant.id),
    action: ctx.path,
    csrf: csrfToken(ctx, `allow:${place.live.app.id}`),
  };
  render(ctx, 'apps/allow', view, { title: `Allow ${view.app} one thing more` });
}

/** On which node, is said where the app asks for it. */
function showChooser(ctx: WebContext, place: Place, wanted: StandingPermission, { issuer }: MissingDeps): void {
  const href = startOf(place.live.version, { tenant: place.tenant.id, issuer }) ?? appPath(place.live.app, place.tenant.id);
  const view = {
    heading: 'You choose in the app',
    words: phrase`${names(place).app} asks for this in ${names(place).tenant}: ${inWords(wanted, place).title}. Go on in the app; it leads you back here to choose.`,
    who: [],
    whoWords: '',
    buttons: [{ label: `Go on in ${names(place).app}`, href, primary: true }],
    tone: 'ok',
  };
  render(ctx, 'apps/answer', view, { title: view.heading });
}

function showGranted(ctx: WebContext, place: Place, wanted: StandingPermission, { issuer }: MissingDeps, done: boolean): void {
  const href = startOf(place.live.version, { tenant: place.tenant.id, issuer });
  const buttons: Button[] = href === undefined ? [] : [{ label: `Go on in ${names(place).app}`, href, primary: true }];
  const { title } = inWords(wanted, place);
  const view = {
    heading: done ? 'Done' : 'This is allowed already',
    words: phrase`${names(place).app} may do this in ${names(place).tenant}: ${title}.`,
    who: [],
    whoWords: '',
    buttons,
    tone: 'ok',
  };
  render(ctx, 'apps/answer', view, { title: view.heading });
}

const REFUSALS: Readonly<Record<WhoCanGrant, string>> = {
  member: '',
  reviewers: 'It has to be approved first. These people decide:',
  owners: 'It reaches far, so an owner has to approve it first:',
  app_admins: 'Only somebody who manages apps can allow this for the whole organisation:',
  developer: 'The app does not declare this permission, so nobody can allow it. Its developer has to publish a new version.',
  nobody: 'The rules here block it. Nobody can allow it unless the rules change.',
};

async function showRefusal(ctx: WebContext, place: Place, wanted: StandingPermission, deps: MissingDeps): Promise<void> {
  const who = whoCanGrant(wanted, place.standing);
  const people =
    who === 'app_admins'
      ? await appManagersOf(deps, place.tenant.id)
      : who === 'reviewers' || who === 'owners'
        ? (await reviewersOf(deps, { tenant: place.tenant.id, byOwner: who === 'owners' })).people.map(({ name }) => name)
        : [];
  const ask: Button = { label: 'Ask for approval', href: askPath(place, wanted), primary: true };
  const back: Button = { label: `About ${names(place).app}`, href: appPath(place.live.app, place.tenant.id), primary: false };
  const view = {
    heading: 'You cannot allow this yourself',
    words: phrase`${names(place).app} asks for this in ${names(place).tenant}: ${inWords(wanted, place).title}.`,
    who: people.map((name) => displayText(name)),
    whoWords: REFUSALS[who],
    buttons: who === 'reviewers' || who === 'owners' ? [ask, back] : [back],
    tone: 'warn',
  };
  ctx.status = 403;
  render(ctx, 'apps/answer', view, { title: view.heading });
}
