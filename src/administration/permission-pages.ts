import { approveApp } from '#src/approvals/change-approval.ts';
import { IDENTITIES, isEmpty, type PermissionsByIdentity } from '#src/approvals/check-approval.ts';
import { availabilityOf, decide } from '#src/approvals/decide.ts';
import { byIdentity } from '#src/approvals/permission-words.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { AppError } from '#src/errors.ts';
import { adminFrame, adminOf, adminPath } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { postedForm, type PostedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';

import { APP, appInPath, frameOf, purposeOf } from './app-pages.ts';
import type { AppInView } from './app-overview.ts';
import { approvalChange, permissionParts } from './app-permissions.ts';
import { APPS_SECTION, type AdministrationPagesDeps } from './apps-pages.ts';
import { membersInWords } from './count-subscribers.ts';
import { appPath } from './paths.ts';

/** What an app may hold at most (S14): looked at, ticked, shown once more, saved. */
export function permissionPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  const manage: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'apps.manage')];

  router.get(`${APP}/permissions`, requireSignedIn(deps), requireAdmin(deps, ...APPS_SECTION.needs), async (ctx) => show(ctx, await appInPath(deps, ctx)));

  router.post(`${APP}/permissions`, ...manage, async (ctx) => {
    const form = await postedForm(ctx, purposeOf(ctx, 'permissions'));
    const app = await appInPath(deps, ctx);
    if (!app.standing) throw new AppError('not_found');
    const version = form.one('version') === '' ? null : Number(form.one('version'));
    const ticked = tickedIn(form);
    const wanted = wantedOf(app, ticked);
    if (form.one('do') !== 'save') return showChange(ctx, app, { wanted, ticked, version });
    try {
      await approveApp(deps, { tenant: adminOf(ctx).tenant.id, app: app.id, permissions: wanted, availability: app.approval?.availability ?? availabilityOf(app.standing), ifVersion: version }, actorOf(ctx));
    } catch (error) {
      const problem = problemIn(error);
      if (problem === undefined || !(error instanceof AppError)) throw error;
      ctx.status = error.code === 'invalid_request' ? 422 : error.entry.status;
      return show(ctx, await appInPath(deps, ctx), { draft: error.code === 'precondition_failed' ? undefined : ticked, problem });
    }
    redirectTo(ctx, `${pathOf(ctx, app)}?done=permissions`);
  });

  return router;

  async function show(ctx: WebContext, app: AppInView, { draft, problem = '' }: { draft?: PermissionsByIdentity | undefined; problem?: string } = {}): Promise<void> {
    const { tenant, capabilities } = adminOf(ctx);
    const parts = await permissionParts(deps, tenant.id, app, draft);
    const view = {
      ...frameOf(ctx, app, 'permissions'),
      problem,
      parts,
      manages: capabilities.includes('apps.manage') && app.app?.status === 'active' && app.approval?.status !== 'blocked',
      choosable: parts.some(({ rows }) => rows.some(({ choosable }) => choosable)),
      withdrawn: app.approval?.status === 'withdrawn',
      action: pathOf(ctx, app),
      version: app.approvalVersion ?? '',
      csrf: csrfToken(ctx, purposeOf(ctx, 'permissions')),
      installation: app.installation ? adminPath(tenant.id, 'installations', app.id) : '',
      rules: adminPath(tenant.id, 'rules'),
    };
    render(ctx, 'administration/app-permissions', view, adminFrame(ctx, `Permissions of ${app.line.name}`, APPS_SECTION));
  }

  function showChange(ctx: WebContext, app: AppInView, { wanted, ticked, version }: { wanted: PermissionsByIdentity; ticked: PermissionsByIdentity; version: number | null }): void {
    const { tenant } = adminOf(ctx);
    const { added, taken } = approvalChange({ approval: app.approval }, wanted);
    const opens = app.approval?.status === 'withdrawn';
    const view = {
      app: app.line.name,
      tenantName: tenant.name,
      opens,
      nothing: isEmpty(added) && isEmpty(taken) && !opens,
      added: byIdentity(added, deps.catalogue),
      taken: byIdentity(taken, deps.catalogue),
      touches: membersInWords(app.subscribers),
      installed: app.installation !== undefined,
      ticked: IDENTITIES.flatMap((identity) => ticked[identity].map((name) => ({ field: fieldOf(identity), name }))),
      version: version ?? '',
      action: pathOf(ctx, app),
      back: pathOf(ctx, app),
      csrf: csrfToken(ctx, purposeOf(ctx, 'permissions')),
    };
    render(ctx, 'administration/app-permissions-change', view, adminFrame(ctx, `Change what ${app.line.name} may hold`, APPS_SECTION));
  }
}

const pathOf = (ctx: WebContext, { id }: AppInView): string => appPath(adminOf(ctx).tenant.id, id, 'permissions');
const fieldOf = (identity: Identity): string => `allow_${identity}`;
const tickedIn = (form: PostedForm): PermissionsByIdentity => ({ user: form.all(fieldOf('user')), tenant: form.all(fieldOf('tenant')) });

/** What was ticked of what can be chosen, and what was approved though the rules would let it in anyway. */
function wantedOf({ standing, approval }: AppInView, ticked: PermissionsByIdentity): PermissionsByIdentity {
  const alone = (name: string, identity: Identity) => standing && decide(name, identity, { ...standing, approval: undefined }).treatment;
  const of = (identity: Identity) => [
    ...(approval?.permissions[identity] ?? []).filter((name) => alone(name, identity) === 'auto'),
    ...new Set(ticked[identity].filter((name) => alone(name, identity) === 'review')),
  ];
  return { user: of('user'), tenant: of('tenant') };
}

function problemIn(error: unknown): string | undefined {
  if (!(error instanceof AppError)) return undefined;
  switch (error.code) {
    case 'forbidden':
      return 'Something in this is restricted: an owner has to approve it.';
    case 'precondition_failed':
      return 'Somebody changed this while the page was open. This is how it is now.';
    case 'invalid_request':
      return error.fields?.[0]?.detail ?? error.entry.sentence;
    default:
      return undefined;
  }
}
