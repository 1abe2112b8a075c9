import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { findMembers, namesOfMembers, type FoundMember } from '#src/tenants/find-members.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { findUserByEmail } from '#src/tenants/user-store.ts';

import type { TrailFilter } from './trail.ts';

/** The filter of the audit page, as its address carries it: each a text, empty for no matter which. */
export interface AuditQuery {
  readonly person: string;
  readonly app: string;
  readonly about: string;
  readonly from: string;
  readonly to: string;
}

export const AUDIT_QUERY = ['person', 'app', 'about', 'from', 'to'] as const satisfies readonly (keyof AuditQuery)[];

const DAY_MS = 86_400_000;

/** The first moment of a day in UTC; `undefined` for what is no day. */
export function dayOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const start = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(start) ? undefined : start;
}

/** `to` is a day that is wanted too. */
export function filterOf({ app, about, from, to }: AuditQuery, user: string | undefined): TrailFilter {
  const last = dayOf(to);
  return { user, app: app || undefined, type: about || undefined, from: dayOf(from), to: last === undefined ? undefined : last + DAY_MS };
}

export type Wanted =
  | { readonly is: 'anybody' }
  | { readonly is: 'one'; readonly id: string; readonly member: FoundMember | undefined }
  | { readonly is: 'several'; readonly members: readonly FoundMember[] };

/** Whom the words mean: a member by id, name or address; else somebody who left, by address or id, whose name is not told. */
export async function personOf(deps: Deps, tenant: TenantId, words: string): Promise<Wanted> {
  const text = words.trim();
  if (text === '') return { is: 'anybody' };
  const byId = await findMember(deps, tenant, text as UserId);
  const members = byId ? await namesOfMembers(deps, [byId.user]) : await findMembers(deps, tenant, text, 10);
  if (members.length > 1) return { is: 'several', members };
  const [member] = members;
  const id = member?.user ?? (await findUserByEmail(deps, text))?.id ?? text;
  return { is: 'one', id, member };
}
