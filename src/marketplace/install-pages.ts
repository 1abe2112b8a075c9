import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import { audienceForm, CONTRADICTION, draftOf, readAudience, type AudienceDraft } from '#src/approvals/audience-form.ts';
import { appFace } from '#src/consent/app-face.ts';
import { phrase } from '#src/consent/phrase.ts';
import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import type { WebContext, WebRouter } from '#src/http/web-context.ts';
import { asDataRange } from '#src/installations/data-range-form.ts';
import { requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { appManagersOf } from '#src/tenants/app-managers.ts';
import { managesApps } from '#src/tenants/entitlement.ts';

import { appPath } from './app-view.ts';
import { installApp } from './install-app.ts';
import type { MissingDeps } from './missing-permission.ts';
import { canInstall } from './next-step.ts';
import { standingPermissions } from './permission-state.ts';
import { appIn, placeOf, type Place } from './place.ts';

/** An admin installs an app for the whole organisation. */
export function addInstallPages(router: WebRouter, deps: MissingDeps): void {
  router.get('/apps/:app/install', requireSignedIn(deps), async (ctx) => {
    const place = await placeOf(deps, { app: appIn(ctx), tenant: queryField(ctx, 'tenant'), user: signedInOf(ctx).user.id });
    if (place.standing.installation) return redirectTo(ctx, installationPath(place));
    if (!managesApps(place.entitlement)) return showRefusal(ctx, place, await appManagersOf(deps, place.tenant.id));
    if (!canInstall(place.standing)) return redirectTo(ctx, appPath(place.live.app, place.tenant.id));
    await show(deps, ctx, place, { audience: draftOf({ kind: 'everyone' }), ticked: [], problem: '' });
  });

  router.post('/apps/:app/install', requireSignedIn(deps), async (ctx) => {
    const form = await postedForm(ctx, `install:${appIn(ctx)}`);
    const { user } = signedInOf(ctx);
    const place = await placeOf(deps, { app: appIn(ctx), tenant: form.one('tenant'), user: user.id });
    const filled = { audience: readAudience(form), ticked: form.all('permission'), problem: '' };
    if (form.one('do') !== 'install') return show(deps, ctx, place, filled);
    if (filled.audience.contradicts) {
      ctx.status = 422;
      return show(deps, ctx, place, { ...filled, problem: CONTRADICTION });
    }
    try {
      await installApp(deps, place, { user: user.id, version: form.one('version'), ticked: filled.ticked, dataRange: asDataRange(filled.audience.availability) });
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'invalid_request' && error.code !== 'consent_changed')) throw error;
      ctx.status = error.code === 'consent_changed' ? error.entry.status : 422;
      return show(deps, ctx, place, { ...filled, problem: error.fields?.[0]?.detail ?? error.entry.sentence });
    }
    redirectTo(ctx, `${installationPath(place)}?done=installed`);
  });
}

const installationPath = ({ tenant, live }: Place): string => `/admin/${encodeURIComponent(tenant.id)}/installations/${encodeURIComponent(live.app.id)}`;

interface Filled {
  readonly audience: AudienceDraft;
  readonly ticked: readonly string[];
  readonly problem: string;
}

async function show(deps: MissingDeps, ctx: WebContext, { live, tenant, standing }: Place, filled: Filled): Promise<void> {
  const app = appFace(live.app, live.version.redirectUris[0] ?? 'https://app.invalid/');
  const permissions = standingPermissions(standing)
    .filter(({ identity }) => identity === 'tenant')
    .flatMap(({ permission, required, state }) => {
      const words = standing.app.catalogue.find(permission);
      return words ? [{ name: permission, onNodes: isResourcePermission(permission), required, state, title: words.title, explanation: words.explanation, sensitive: words.sensitive, ticked: filled.ticked.includes(permission) }] : [];
    });
  const view = {
    app: { ...app, logo: undefined },
    headline: 'for the whole organisation',
    tenant: { id: tenant.id, name: displayText(tenant.name) || tenant.id },
    version: live.version.id,
    required: permissions.filter(({ required, onNodes }) => required && !onNodes),
    optional: permissions.filter(({ required, state, onNodes }) => !required && !onNodes && state === 'approved'),
    onNodes: permissions.filter(({ onNodes, state }) => onNodes && state !== 'blocked').map(({ title }) => title),
    later: permissions.filter(({ required, state, onNodes }) => !required && !onNodes && state !== 'approved' && state !== 'blocked').map(({ title }) => title),
    audience: await audienceForm(deps, tenant, filled.audience),
    problem: filled.problem,
    back: appPath(live.app, tenant.id),
    action: ctx.path,
    csrf: csrfToken(ctx, `install:${live.app.id}`),
  };
  render(ctx, 'apps/install', view, { title: `Install ${app.name}` });
}

function showRefusal(ctx: WebContext, { live, tenant }: Place, managers: readonly string[]): void {
  ctx.status = 403;
  const view = {
    heading: 'You cannot install this yourself',
    words: phrase`Installing an app for the whole of ${displayText(tenant.name)} takes somebody who manages apps there.`,
    who: managers.map((name) => displayText(name)),
    whoWords: 'These people can:',
    buttons: [{ label: `About ${displayText(live.app.name)}`, href: appPath(live.app, tenant.id), primary: true }],
    tone: 'warn',
  };
  render(ctx, 'apps/answer', view, { title: view.heading });
}
