import { blockApp, unblockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { reviewPath } from '#src/approvals/review-paths.ts';
import { historyOfApp } from '#src/audit/history.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import { adminFrame, adminOf, adminPath } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { renderStep } from '#src/http/step-page.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import type { AppId } from '#src/ids.ts';
import { resumeInstallation, suspendInstallation, type Named } from '#src/installations/change-installation.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { uninstall, uninstallEverything } from '#src/installations/uninstall.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';
import { managesApps } from '#src/tenants/entitlement.ts';

import { appInView, overviewView, stepsFor, type AppInView } from './app-overview.ts';
import { STATE_WORDS } from './app-state.ts';
import { APP_STEPS, type AppStep } from './app-steps.ts';
import { APPS_SECTION, type AdministrationPagesDeps } from './apps-pages.ts';
import { appPath, appsPath } from './paths.ts';

export const APP = '/admin/:tenant/apps/:app';

/** One app in the tenant: what it is and holds, what happened to it, and what can be done to it as a whole. */
export function appPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  const see: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, ...APPS_SECTION.needs)];
  const manage: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'apps.manage')];

  router.get(APP, ...see, async (ctx) => {
    const app = await appInPath(deps, ctx);
    const { tenant } = adminOf(ctx);
    const { steps, ...overview } = await overviewView(deps, tenant, app);
    const manages = managesApps(adminOf(ctx));
    const view = {
      ...frameOf(ctx, app, ''),
      ...overview,
      steps: manages ? steps.map((step) => ({ href: appPath(tenant.id, app.id, step), label: step === 'withdraw' && app.approval?.status !== 'approved' ? 'Stop until approved' : LABELS[step], tone: STEP_TONES[step] })) : [],
      review: app.review === undefined ? '' : reviewPath({ tenant: tenant.id, id: app.review }),
      installation: app.installation ? adminPath(tenant.id, 'installations', app.id) : '',
      rules: adminPath(tenant.id, 'rules'),
      market: `/apps/${encodeURIComponent(app.id)}?${new URLSearchParams({ tenant: tenant.id }).toString()}`,
    };
    render(ctx, 'administration/app', view, adminFrame(ctx, app.line.name, APPS_SECTION));
  });

  router.get(`${APP}/history`, ...see, async (ctx) => {
    const app = await appInPath(deps, ctx);
    const { tenant } = adminOf(ctx);
    const place = placeInList(ctx, { path: appPath(tenant.id, app.id, 'history'), of: ['history of an app', tenant.id, app.id], key: deps.cursorKey });
    const { rows, next } = await historyOfApp(deps, tenant.id, app.id, { after: place.after, limit: 25 });
    // Network addresses are for those who may read the audit trail.
    const shown = adminOf(ctx).capabilities.includes('audit.view') ? rows : rows.map((row) => ({ ...row, address: '' }));
    const view = { ...frameOf(ctx, app, 'history'), rows: shown, ...place.links(next) };
    render(ctx, 'administration/app-history', view, adminFrame(ctx, `History of ${app.line.name}`, APPS_SECTION));
  });

  for (const step of Object.keys(APP_STEPS) as AppStep[]) {
    router.get(`${APP}/${step}`, ...manage, async (ctx) => {
      const app = await appInPath(deps, ctx);
      const { tenant } = adminOf(ctx);
      const back = appPath(tenant.id, app.id);
      // Somebody did it meanwhile: there is nothing to ask.
      if (!stepsFor(app).includes(step)) return redirectTo(ctx, back);
      const words = APP_STEPS[step]({ app: app.line.name, tenant: tenant.name, subscribers: app.subscribers, installed: app.installation !== undefined, approved: app.approval?.status === 'approved' });
      renderStep(ctx, words, { action: `${back}/${step}`, back, csrf: csrfToken(ctx, stepPurpose(ctx, step)) }, adminFrame(ctx, words.heading, APPS_SECTION));
    });

    router.post(`${APP}/${step}`, ...manage, async (ctx) => {
      await postedForm(ctx, stepPurpose(ctx, step));
      const app = await appInPath(deps, ctx);
      const named: Named = { tenant: adminOf(ctx).tenant.id, app: app.id };
      const back = appPath(named.tenant, named.app);
      try {
        // When it is so already it is written once more: whoever did it may not know whether that is on disk (I2, I8).
        await DO[step](deps, named, actorOf(ctx));
      } catch (error) {
        // There is nothing left to do it to: the page shows what there is.
        if (error instanceof AppError && error.code === 'not_found') return redirectTo(ctx, back);
        throw error;
      }
      redirectTo(ctx, `${back}?done=${step}`);
    });
  }

  return router;
}

const DO: Readonly<Record<AppStep, (deps: InstallationDeps, named: Named, actor: Actor) => Promise<unknown>>> = {
  suspend: suspendInstallation,
  resume: resumeInstallation,
  uninstall,
  withdraw: withdrawApproval,
  block: blockApp,
  unblock: unblockApp,
  remove: uninstallEverything,
};

const LABELS: Readonly<Record<AppStep, string>> = {
  suspend: 'Suspend',
  resume: 'Resume',
  uninstall: 'Uninstall',
  withdraw: 'Withdraw approval',
  block: 'Block',
  unblock: 'Unblock',
  remove: 'Remove for everybody',
};

const STEP_TONES: Readonly<Record<AppStep, '' | 'primary' | 'danger'>> = { suspend: '', resume: 'primary', uninstall: 'danger', withdraw: 'danger', block: 'danger', unblock: '', remove: 'danger' };

const DONE: ReadonlyMap<string, string> = new Map([
  ['suspend', 'It is suspended: it reaches nothing for the whole organisation.'],
  ['resume', 'It works again for the whole organisation.'],
  ['uninstall', 'It was uninstalled for the whole organisation.'],
  ['withdraw', 'It is not approved any more. Nothing of it works here now.'],
  ['block', 'It is blocked. Nothing of it works here, and nobody can ask for it.'],
  ['unblock', 'It is not blocked any more. Members can ask for it.'],
  ['remove', 'It was removed for everybody.'],
  ['removed-one', 'It was removed for that member. Nothing of it works for them now.'],
  ['permissions', 'What it may hold was changed. It holds from now on.'],
]);

/** A form is good for this app in this tenant only (threat xT4). */
export const purposeOf = (ctx: WebContext, what: string): string => JSON.stringify([what, ctx['params'].tenant, ctx['params'].app, ctx['params'].user]);
const stepPurpose = (ctx: WebContext, step: AppStep): string => purposeOf(ctx, `app ${step}`);

export async function appInPath(deps: InstallationDeps, ctx: WebContext): Promise<AppInView> {
  const found = await appInView(deps, adminOf(ctx).tenant, ctx['params'].app as AppId);
  if (!found) throw new AppError('not_found', { detail: 'Nobody here has or had this app.' });
  return found;
}

const TABS = [
  { path: '', label: 'Overview' },
  { path: 'subscribers', label: 'Current subscribers' },
  { path: 'permissions', label: 'Permissions' },
  { path: 'history', label: 'History' },
] as const;

export type AppTab = (typeof TABS)[number]['path'];

/** What stands above each of the app's pages. */
export function frameOf(ctx: WebContext, { id, line, state }: AppInView, current: AppTab) {
  const { tenant } = adminOf(ctx);
  return {
    head: {
      list: appsPath(tenant.id),
      name: line.name,
      state: STATE_WORDS[state],
      tabs: TABS.map(({ path, label }) => ({ href: path === '' ? appPath(tenant.id, id) : appPath(tenant.id, id, path), label, current: path === current })),
    },
    notice: DONE.get(queryField(ctx, 'done')) ?? '',
  };
}
