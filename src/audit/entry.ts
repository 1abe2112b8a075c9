import type { Actor, AssentEvent } from '#src/events.ts';
import type { RequestOrigin } from '#src/request-origin.ts';

/** An event as the API and exports tell it. */
export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly tenant: string | null;
  readonly actor: Actor;
  readonly from: RequestOrigin | null;
  /** What the type of the event carries besides. */
  readonly details: Readonly<Record<string, unknown>>;
}

export function entryOf({ id, at, type, tenant, actor, from = undefined, trails: _, ...details }: AssentEvent): AuditEntry {
  return { id, at, type, tenant, actor, from: from ?? null, details };
}

/** For the tenant's own people: where the servers of the platform and of apps stand is not theirs to know. */
export function entryForTenant(event: AssentEvent): AuditEntry | (Omit<AuditEntry, 'from'> & { readonly from: Pick<RequestOrigin, 'via'> }) {
  const entry = entryOf(event);
  return entry.from === null || event.actor.kind === 'user' ? entry : { ...entry, from: { via: entry.from.via } };
}
