import type { AssentEvent } from '#src/events.ts';
import { displayTime } from '#src/http/display-time.ts';
import type { AppId, TenantId } from '#src/ids.ts';

import { namesIn, type AuditDeps, type Names } from './names.ts';
import { readTenantTrail, type PageAsked } from './read-trail.ts';
import { actorWords, capital, permissionsIn, sentenceOf } from './sentence.ts';
import type { TrailFilter } from './trail.ts';

/** An entry of a trail as `views/audit/entries.ejs` shows it. */
export interface HistoryRow {
  readonly id: string;
  readonly sentence: string;
  readonly permissions: readonly string[];
  readonly actor: string;
  readonly at: { readonly iso: string; readonly text: string };
  /** Where it was done, and from which network address where that is a person's. */
  readonly where: string;
  readonly address: string;
}

export interface HistoryPage {
  readonly rows: readonly HistoryRow[];
  /** To be sealed before a stranger sees it. */
  readonly next: string | undefined;
}

/** What happened to one app in one tenant, newest first. Costs as much as it shows, whatever else happened there. */
export const historyOfApp = (deps: AuditDeps, tenant: TenantId, app: AppId, page: PageAsked): Promise<HistoryPage> =>
  historyOf(deps, tenant, { app }, page);

export async function historyOf(deps: AuditDeps, tenant: TenantId, filter: TrailFilter, page: PageAsked): Promise<HistoryPage> {
  const { entries, next } = await readTenantTrail(deps, tenant, filter, page);
  const names = await namesIn(deps, tenant, entries.map(({ event }) => event));
  return { rows: entries.map(({ event }) => historyRow(event, names)), next };
}

const historyRow = (event: AssentEvent, names: Names): HistoryRow => ({
  id: event.id,
  sentence: sentenceOf(event, names),
  permissions: permissionsIn(event, names),
  actor: capital(actorWords(event.actor, names)),
  at: displayTime(event.at),
  where: whereOf(event),
  // The servers of the platform and of apps are nobody whom a tenant could recognise.
  address: event.actor.kind === 'user' ? (event.from?.address ?? '') : '',
});

function whereOf({ actor, from }: AssentEvent): string {
  if (from === undefined) return actor.kind === 'system' ? 'by itself' : '';
  if (from.via === 'page') return 'page';
  if (from.via === 'api') return 'management API';
  return actor.kind === 'user' ? 'connecting an app' : 'the app’s server';
}
