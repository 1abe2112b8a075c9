import { appsByIds } from '#src/apps/app-store.ts';
import { appLine } from '#src/approvals/app-line.ts';
import { tenantApps } from '#src/approvals/tenant-apps.ts';
import { adminFrame, adminOf, adminPath, type AdminSection } from '#src/http/admin-frame.ts';
import { sendLines } from '#src/http/json-lines.ts';
import { addressOf, placeInList } from '#src/http/place-in-list.ts';
import { queryField } from '#src/http/query-field.ts';
import { render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { requireSignedIn } from '#src/sign-in/signed-in.ts';

import { ABOUT } from './about.ts';
import { AUDIT_QUERY, dayOf, filterOf, personOf, type AuditQuery } from './audit-query.ts';
import { entryForTenant } from './entry.ts';
import { exportTrail } from './export-trail.ts';
import { historyOf, type HistoryPage } from './history.ts';
import type { AuditDeps } from './names.ts';
import type { TrailFilter } from './trail.ts';

export const AUDIT_SECTION: AdminSection = { label: 'Audit', path: 'audit', needs: ['audit.view'] };

export interface AuditPagesDeps extends AuditDeps {
  /** Seals the places in lists that pages hand out. */
  readonly cursorKey: Uint8Array;
}

const ON_A_PAGE = 25;
const MOST_APPS = 200;

/** Who did what to whom, and from where: at `/admin/{tenant}/audit`. */
export function auditPages(deps: AuditPagesDeps): WebRouter {
  const router = createRouter();
  const see: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'audit.view')];
  router.get('/admin/:tenant/audit', ...see, (ctx) => showTrail(deps, ctx));
  router.get('/admin/:tenant/audit/export', ...see, (ctx) => sendTrail(deps, ctx));
  return router;
}

const queryIn = (ctx: WebContext): AuditQuery =>
  Object.fromEntries(AUDIT_QUERY.map((name) => [name, queryField(ctx, name).trim().slice(0, 128)])) as unknown as AuditQuery;

async function showTrail(deps: AuditPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const here = adminPath(tenant.id, 'audit');
  const query = queryIn(ctx);
  const [wanted, apps] = await Promise.all([personOf(deps, tenant.id, query.person), appsToChoose(deps, tenant.id, query.app)]);
  const filter = filterOf(query, wanted.is === 'one' ? wanted.id : undefined);
  const problem = [query.from, query.to].some((day) => day !== '' && dayOf(day) === undefined) ? 'Write days like this: 2026-11-21.' : '';
  const place = placeInList(ctx, { path: here, filter: { ...query }, of: ['audit', tenant.id, filter], key: deps.cursorKey });
  const page: HistoryPage =
    wanted.is === 'several' ? { rows: [], next: undefined } : await historyOf(deps, tenant.id, filter, { after: place.after, limit: ON_A_PAGE });
  const filtered = AUDIT_QUERY.some((name) => query[name] !== '');
  const view = {
    action: here,
    query,
    apps,
    about: ABOUT.map(([value, label]) => ({ value, label, chosen: value === query.about })),
    problem,
    only: wanted.is === 'one' && wanted.member ? `${wanted.member.name} (${wanted.member.email})` : '',
    choices: wanted.is === 'several' ? wanted.members.map(({ user, name, email }) => ({ name, email, href: addressOf(here, { ...query, person: user }) })) : [],
    filtered,
    rows: page.rows,
    nothing: nothingSaid(page, filtered),
    export: addressOf(`${here}/export`, { ...query }),
    ...place.links(page.next),
  };
  render(ctx, 'audit/audit', view, adminFrame(ctx, 'Audit', AUDIT_SECTION));
}

function nothingSaid({ next }: HistoryPage, filtered: boolean): string {
  if (next !== undefined) return 'Nothing was found so far. Look further back.';
  return filtered ? 'Nothing was found.' : 'Nothing has happened yet.';
}

async function appsToChoose(deps: AuditPagesDeps, tenant: TenantId, chosen: string): Promise<{ value: string; label: string; chosen: boolean }[]> {
  const { records } = await tenantApps(deps, tenant, { limit: MOST_APPS });
  const ids = [...new Set([...records.map(({ value }) => value.app), ...(chosen === '' ? [] : [chosen as AppId])])];
  const known = new Set<string>(records.map(({ value }) => value.app));
  const apps = await appsByIds(deps, ids.filter((id) => known.has(id)));
  return ids
    .map((id) => ({ value: id, label: apps.has(id) ? appLine(apps.get(id)).name : id, chosen: id === chosen }))
    .toSorted((a, b) => a.label.localeCompare(b.label, 'en'));
}

/** As the page shows it, all of it. Whom the words mean has to be clear: the page says so. */
async function sendTrail(deps: AuditPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const query = queryIn(ctx);
  const wanted = await personOf(deps, tenant.id, query.person);
  if (wanted.is === 'several') return showTrail(deps, ctx);
  ctx.attachment('audit.ndjson');
  await sendLines(ctx, linesOf(deps, tenant.id, filterOf(query, wanted.is === 'one' ? wanted.id : undefined)));
}

async function* linesOf(deps: AuditPagesDeps, tenant: TenantId, filter: TrailFilter): AsyncGenerator<readonly object[], void> {
  for await (const events of exportTrail(deps, tenant, filter)) yield events.map(entryForTenant);
}
