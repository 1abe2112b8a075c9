import { IDENTITIES, type PermissionsByIdentity } from '#src/approvals/check-approval.ts';
import { decide, declaredFor, generationOf, type AppInTenant, type Decision } from '#src/approvals/decide.ts';
import { IDENTITY_WORDS, permissionWords, type PermissionWords } from '#src/approvals/permission-words.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { currentGrantsOfApp } from '#src/consent/grant-store.ts';
import type { Deps } from '#src/deps.ts';
import type { Tone } from '#src/http/badge.ts';
import type { TenantId } from '#src/ids.ts';

import type { AppInView } from './app-overview.ts';
import { ofMembers } from './count-subscribers.ts';

/** One permission that an app declares, and what became of it here (S14). */
export interface PermissionRow extends PermissionWords {
  readonly required: boolean;
  /** Where it stands, in words. */
  readonly standing: string;
  readonly tone: Tone;
  /** Whether somebody who decides can tick or untick it; else the rules have settled it. */
  readonly choosable: boolean;
  readonly approved: boolean;
  readonly held: string;
}

export interface PermissionPart {
  readonly identity: Identity;
  readonly heading: string;
  readonly meaning: string;
  readonly rows: readonly PermissionRow[];
}

const COUNTED = 100;

/** By identity, what it declares, what was approved, what it holds. */
export async function permissionParts(deps: Deps, tenant: TenantId, app: AppInView, draft?: PermissionsByIdentity): Promise<PermissionPart[]> {
  const { standing } = app;
  if (!standing) return [];
  const heldBy = await heldByMembers(deps, tenant, app);
  return IDENTITIES.map((identity) => {
    const rows = permissionWords(declaredFor(standing.version, identity), standing.catalogue).map((words): PermissionRow => {
      const decision = decide(words.name, identity, standing);
      const alone = decide(words.name, identity, { ...standing, approval: undefined });
      return {
        ...words,
        required: standing.version.permissions[identity].required.includes(words.name),
        ...inWords(decision),
        choosable: alone.treatment === 'review',
        approved: draft ? draft[identity].includes(words.name) : (standing.approval?.status === 'approved' && standing.approval.permissions[identity].includes(words.name)),
        held: identity === 'user' ? heldBy(words.name) : app.installation?.permissions.includes(words.name) ? 'Held' : 'Not held',
      };
    });
    return { identity, ...IDENTITY_WORDS[identity], rows };
  }).filter(({ rows }) => rows.length > 0);
}

function inWords({ treatment, because }: Decision): Pick<PermissionRow, 'standing' | 'tone'> {
  if (because === 'app_blocked') return { standing: 'The app is blocked', tone: 'danger' };
  if (because === 'app_withdrawn') return { standing: 'Approval withdrawn', tone: 'warn' };
  if (because === 'approved') return { standing: 'Approved', tone: 'ok' };
  if (because === 'trusted') return { standing: 'Allowed: you trust it', tone: 'ok' };
  if (treatment === 'auto') return { standing: 'Allowed by the rules', tone: 'ok' };
  if (treatment === 'review') return { standing: 'Needs approval', tone: 'warn' };
  return { standing: because === 'not_in_catalogue' ? 'Not in the catalogue any more' : 'Blocked by the rules', tone: 'danger' };
}

/** How many members let it hold each, where they are few enough to look at. */
async function heldByMembers(deps: Deps, tenant: TenantId, { id, approval }: AppInView): Promise<(name: string) => string> {
  const { records, next } = await currentGrantsOfApp(deps, { tenant, app: id, generation: generationOf(approval) }, { limit: COUNTED });
  if (next !== undefined) return () => 'Held by members who ticked it';
  const grants = await ofMembers(deps, records);
  return (name) => `Held by ${grants.filter(({ value }) => value.permissions.includes(name)).length} of ${grants.length}`;
}

/** What a change of the approval would add and take. */
export function approvalChange({ approval }: Pick<AppInTenant, 'approval'>, wanted: PermissionsByIdentity): Readonly<Record<'added' | 'taken', PermissionsByIdentity>> {
  const before = approval?.status === 'approved' ? approval.permissions : { user: [], tenant: [] };
  const without = (left: readonly string[], right: readonly string[]) => left.filter((name) => !right.includes(name));
  return {
    added: { user: without(wanted.user, before.user), tenant: without(wanted.tenant, before.tenant) },
    taken: { user: without(before.user, wanted.user), tenant: without(before.tenant, wanted.tenant) },
  };
}
