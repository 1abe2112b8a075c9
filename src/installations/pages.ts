import { audienceForm, audienceWords, CONTRADICTION, draftOf, readAudience, type AudienceDraft } from '#src/approvals/audience-form.ts';
import { appsByIds } from '#src/apps/app-store.ts';
import { appLine } from '#src/approvals/app-line.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import { adminFrame, adminOf, adminPath, type AdminSection } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayTime } from '#src/http/display-time.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { renderStep } from '#src/http/step-page.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import type { AppId } from '#src/ids.ts';
import { nameOf } from '#src/resources/resource.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import { changeDataRange, changePermissions, resumeInstallation, suspendInstallation, type Named } from './change-installation.ts';
import { asAudience, asDataRange } from './data-range-form.ts';
import { installationPermissions } from './installation-view.ts';
import { installedNodes } from './installed-nodes.ts';
import { readInstalledApp, standingInstallationsOf, type InstallationDeps, type InstalledApp } from './installed-app.ts';
import { STEPS, type StepName } from './installation-steps.ts';
import { uninstall, uninstallEverything } from './uninstall.ts';

export const INSTALLATIONS_SECTION: AdminSection = { label: 'Installations', path: 'installations', needs: ['apps.view', 'apps.manage'] };

export interface InstallationPagesDeps extends InstallationDeps {
  /** Seals the places in lists that pages hand out. */
  readonly cursorKey: Uint8Array;
}

const ON_A_PAGE = 25;
const BASE = '/admin/:tenant/installations';

/** What is installed for the whole organisation, how far it reaches, and how to take it back (S14). */
export function installationPages(deps: InstallationPagesDeps): WebRouter {
  const router = createRouter();
  const see: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'apps.view', 'apps.manage')];
  const manage: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'apps.manage')];

  router.get(BASE, ...see, (ctx) => showList(deps, ctx));
  router.get(`${BASE}/:app`, ...see, async (ctx) => showOne(deps, ctx, await installed(deps, ctx)));

  router.post(`${BASE}/:app/permissions`, ...manage, async (ctx) => {
    const form = await postedForm(ctx, `installation:${appIn(ctx)}`);
    const permissions = form.all('permission');
    const keep = form.all('node');
    const before = (await installed(deps, ctx)).installation.value.resources;
    const resources = before?.filter((node) => keep.includes(nameOf(node)));
    await attempt(deps, ctx, () => changePermissions(deps, { ...named(ctx), permissions, resources, ifVersion: Number(form.one('version')) }, actorOf(ctx)), 'permissions');
  });

  router.post(`${BASE}/:app/data-range`, ...manage, async (ctx) => {
    const form = await postedForm(ctx, `installation:${appIn(ctx)}`);
    const audience = readAudience(form);
    if (form.one('do') !== 'save') return showOne(deps, ctx, await installed(deps, ctx), { audience });
    if (audience.contradicts) {
      ctx.status = 422;
      return showOne(deps, ctx, await installed(deps, ctx), { audience, problem: CONTRADICTION });
    }
    const dataRange = asDataRange(audience.availability);
    const change = () => changeDataRange(deps, { ...named(ctx), dataRange, ifVersion: Number(form.one('version')) }, actorOf(ctx));
    await attempt(deps, ctx, change, 'data-range', { audience });
  });

  for (const step of Object.keys(STEPS) as StepName[]) {
    router.get(`${BASE}/:app/${step}`, ...manage, async (ctx) => showStep(ctx, await installed(deps, ctx), step));
    router.post(`${BASE}/:app/${step}`, ...manage, async (ctx) => {
      await postedForm(ctx, `${step}:${appIn(ctx)}`);
      await DO[step](deps, named(ctx), actorOf(ctx));
      const gone = step === 'uninstall' || step === 'remove';
      redirectTo(ctx, gone ? `${adminPath(adminOf(ctx).tenant.id, 'installations')}?done=${step}` : `${pathOf(ctx)}?done=${step}`);
    });
  }

  return router;
}

const DO: Readonly<Record<StepName, (deps: InstallationDeps, named: Named, actor: Actor) => Promise<unknown>>> = {
  suspend: suspendInstallation,
  resume: resumeInstallation,
  uninstall,
  remove: uninstallEverything,
};

const appIn = (ctx: WebContext): AppId => ctx['params'].app as AppId;
const named = (ctx: WebContext) => ({ tenant: adminOf(ctx).tenant.id, app: appIn(ctx) });
const pathOf = (ctx: WebContext): string => adminPath(adminOf(ctx).tenant.id, 'installations', appIn(ctx));

type Installed = InstalledApp & { readonly installation: NonNullable<InstalledApp['installation']> };

async function installed(deps: InstallationDeps, ctx: WebContext): Promise<Installed> {
  const { tenant, app } = named(ctx);
  const facts = await readInstalledApp(deps, tenant, app);
  if (!facts.installation) throw new AppError('not_found', { detail: 'This app is not installed here.' });
  return { ...facts, installation: facts.installation };
}

/** What can be put right is said on the page; a change from a page that is old shows what is there now. */
async function attempt(deps: InstallationDeps, ctx: WebContext, change: () => Promise<unknown>, done: string, kept: Kept = {}): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof AppError) || !['invalid_request', 'precondition_failed', 'conflict'].includes(error.code)) throw error;
    ctx.status = error.code === 'invalid_request' ? 422 : error.entry.status;
    const problem = error.code === 'invalid_request' ? (error.fields?.[0]?.detail ?? error.entry.sentence) : 'Somebody changed this while the page was open. This is how it is now.';
    return showOne(deps, ctx, await installed(deps, ctx), { ...(error.code === 'invalid_request' && kept), problem });
  }
  redirectTo(ctx, `${pathOf(ctx)}?done=${done}`);
}

const NOTICES: ReadonlyMap<string, string> = new Map([
  ['installed', 'It is installed.'],
  ['permissions', 'What it may do was changed. It holds from now on.'],
  ['data-range', 'Whose data it reaches was changed. It holds from now on.'],
  ['suspend', 'It is suspended: it reaches nothing for the organisation.'],
  ['resume', 'It works again.'],
  ['uninstall', 'The app was uninstalled.'],
  ['remove', 'The app was removed with everything it had here.'],
]);
const noticeIn = (ctx: WebContext): string => NOTICES.get(queryField(ctx, 'done')) ?? '';

async function showList({ cursorKey, ...deps }: InstallationPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const place = placeInList(ctx, { path: adminPath(tenant.id, 'installations'), of: ['installations', tenant.id], key: cursorKey });
  const { records, next } = await standingInstallationsOf(deps, tenant.id, { after: place.after, limit: ON_A_PAGE });
  const apps = await appsByIds(deps, records.map(({ value }) => value.app));
  const rows = records.map(({ value }) => ({
    app: appLine(apps.get(value.app)),
    href: adminPath(tenant.id, 'installations', value.app),
    permissions: value.permissions.length === 1 ? '1 permission' : `${value.permissions.length} permissions`,
    range: value.dataRange.kind === 'all' ? 'All members' : 'Some members',
    suspended: value.status === 'suspended',
    since: displayTime(value.createdAt),
  }));
  const view = { notice: noticeIn(ctx), rows, ...place.links(next) };
  render(ctx, 'installations/installations', view, adminFrame(ctx, 'Installations', INSTALLATIONS_SECTION));
}

interface Kept {
  readonly audience?: AudienceDraft;
  readonly problem?: string;
}

async function showOne(deps: InstallationDeps, ctx: WebContext, { app, installation: { value: installation, version } }: Installed, { audience, problem = '' }: Kept = {}): Promise<void> {
  const { tenant, capabilities } = adminOf(ctx);
  const found = app?.app ?? (await appsByIds(deps, [installation.app])).get(installation.app);
  const line = appLine(found);
  const availability = asAudience(installation.dataRange);
  const [people, words, form] = await Promise.all([
    usersByIds(deps, [installation.installedBy]),
    audienceWords(deps, tenant, availability),
    audienceForm(deps, tenant, audience ?? draftOf(availability)),
  ]);
  const view = {
    app: line,
    notice: noticeIn(ctx),
    problem,
    switchedOff: found?.status === 'disabled',
    suspended: installation.status === 'suspended',
    installedBy: people.get(installation.installedBy)?.name ?? 'Somebody who has left',
    since: displayTime(installation.createdAt),
    changed: displayTime(installation.updatedAt),
    range: words,
    manages: capabilities.includes('apps.manage'),
    ...installationPermissions(installation, app, deps.catalogue),
    nodes: await installedNodes(deps, installation, app),
    audience: form,
    version,
    list: adminPath(tenant.id, 'installations'),
    market: `/apps/${encodeURIComponent(installation.app)}?${new URLSearchParams({ tenant: tenant.id }).toString()}`,
    here: pathOf(ctx),
    csrf: csrfToken(ctx, `installation:${installation.app}`),
  };
  render(ctx, 'installations/installation', view, adminFrame(ctx, line.name, INSTALLATIONS_SECTION));
}

function showStep(ctx: WebContext, { app }: Installed, step: StepName): void {
  const { tenant } = adminOf(ctx);
  const { name } = appLine(app?.app);
  const words = STEPS[step]({ app: name, tenant: tenant.name });
  renderStep(ctx, words, { action: `${pathOf(ctx)}/${step}`, back: pathOf(ctx), csrf: csrfToken(ctx, `${step}:${appIn(ctx)}`) }, adminFrame(ctx, words.heading, INSTALLATIONS_SECTION));
}
