import { findApp } from '#src/apps/app-store.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor, type AssentEvent, type Happening } from '#src/events.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { asRead, put, type Expectation, type Write } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { expectEntitled, isOwner, managesApps } from '#src/tenants/entitlement.ts';

import { readAppFacts, type ApprovalDeps } from './app-facts.ts';
import type { Approval } from './approval.ts';
import { approvalKey } from './approval-store.ts';
import type { Availability } from './availability.ts';
import { checkAvailability, checkPermissions, needsOwner, NOTHING, type PermissionsByIdentity } from './check-approval.ts';
import { isShut, shutsOf } from './decide.ts';
import { NO_REVIEW, settleOpenReview } from './settle-review.ts';
import { noteTenantApp } from './tenant-apps.ts';

export interface WhichApproval {
  readonly tenant: TenantId;
  readonly app: AppId;
  /** Only this version of the record is changed; `null` when there was none. */
  readonly ifVersion?: number | null | undefined;
}

/** What else belongs to the same commit, read anew in each round. */
export interface AlongWith {
  readonly expect?: readonly Expectation[];
  readonly write?: readonly Write[];
  readonly events?: readonly AssentEvent[];
}

/** Allows an app exactly these permissions, for these members, whatever was allowed before. */
export async function approveApp(
  deps: ApprovalDeps,
  { tenant, app, ifVersion, ...wanted }: WhichApproval & { readonly permissions: PermissionsByIdentity; readonly availability: Availability },
  actor: Actor,
): Promise<Approval> {
  return revoke(deps.store, approvalKey(tenant, app).shard, async () => {
    const facts = await readAppFacts(deps, tenant, app);
    checkVersion(ifVersion, facts.approvalRecord?.version);
    const permissions = checkPermissions(wanted.permissions, facts.standing);
    const availability = await checkAvailability(deps, tenant, wanted.availability);
    const byOwner = needsOwner(permissions, facts.standing);
    const entitled = await expectEntitled(deps, tenant, actor, byOwner ? isOwner : managesApps);
    const now = deps.clock();
    const { id: version } = facts.standing.version;
    const approval = nextApproval({ tenant, app }, facts.approval, { status: 'approved', permissions, availability, version }, actor, now);
    const settled = await settleOpenReview(deps, { tenant, app }, { status: 'approved', permissions }, actor);
    const given: Happening = { type: 'approval.given', tenant, app, userPermissions: permissions.user, tenantPermissions: permissions.tenant };
    return {
      expect: [...facts.expect, ...entitled, ...settled.expect],
      write: [put(approvalKey(tenant, app), approval, { tenant }), noteTenantApp(tenant, app), ...settled.write],
      events: [happened(given, { actor, now }), ...settled.events],
      result: approval,
    };
  });
}

/** Nothing of the app works in the tenant until it is approved again (Z10), and its codes and tokens not even then (I2). */
export const withdrawApproval = (deps: Deps, which: WhichApproval, actor: Actor): Promise<Approval> =>
  shut(deps, which, actor, (before) => (before?.status === 'blocked' ? undefined : { status: 'withdrawn', event: 'approval.withdrawn' }));

/** As withdrawing, and nobody can ask for it. */
export const blockApp = (deps: Deps, which: WhichApproval, actor: Actor): Promise<Approval> =>
  shut(deps, which, actor, () => ({ status: 'blocked', event: 'approval.blocked' }));

/** It can be asked for again; nothing of it works before somebody says yes. */
export const unblockApp = (deps: Deps, which: WhichApproval, actor: Actor): Promise<Approval> =>
  shut(deps, which, actor, (before) => (before?.status === 'blocked' ? { status: 'withdrawn', event: 'approval.unblocked' } : undefined));

/**
 * One complete action (xA7): grants, the installation and all tokens were given under the generation that ends here,
 * so they are dead for good, also when the app is approved again. `along` removes the installation in the same commit.
 */
export const removeAppFromTenant = (deps: Deps, which: WhichApproval, actor: Actor, along?: () => Promise<AlongWith>): Promise<Approval> =>
  shut(deps, which, actor, (before) => (before?.removed === true ? undefined : {
    status: before?.status === 'blocked' ? 'blocked' : 'withdrawn',
    event: 'app.uninstalled',
    generation: (before?.generation ?? 0) + 1,
    removed: true,
    permissions: NOTHING,
  }), along);

interface Shutting {
  readonly status: 'withdrawn' | 'blocked';
  readonly event: 'approval.withdrawn' | 'approval.blocked' | 'approval.unblocked' | 'app.uninstalled';
  readonly generation?: number;
  readonly removed?: boolean;
  readonly permissions?: PermissionsByIdentity;
}

/** Asked for twice, it is written twice, so that the second answer is as durable; an event tells of a change only. */
async function shut(
  deps: Deps,
  { tenant, app, ifVersion }: WhichApproval,
  actor: Actor,
  how: (before: Approval | undefined) => Shutting | undefined,
  along: () => Promise<AlongWith> = () => Promise.resolve({}),
): Promise<Approval> {
  const key = approvalKey(tenant, app);
  return revoke(deps.store, key.shard, async () => {
    const [[record], more] = await Promise.all([deps.store.read(key), along()]);
    checkVersion(ifVersion, record?.version);
    const before = record?.value;
    const entitled = await expectEntitled(deps, tenant, actor, managesApps);
    const shutting = how(before);
    if (!before && (!shutting || !(await findApp(deps, app)))) throw new AppError('not_found');
    const now = deps.clock();
    const { event, ...changes } = shutting ?? {};
    const approval = before && !event ? before : nextApproval({ tenant, app }, before, changes, actor, now);
    const changed = event === 'app.uninstalled' || before?.status !== approval.status;
    const settled = approval.status === 'blocked' ? await settleOpenReview(deps, { tenant, app }, { status: 'blocked' }, actor) : NO_REVIEW;
    return {
      expect: [asRead(key, record), ...entitled, ...settled.expect, ...(more.expect ?? [])],
      write: [put(key, approval, { tenant }), noteTenantApp(tenant, app), ...settled.write, ...(more.write ?? [])],
      events: [...(event && changed ? [happened({ type: event, tenant, app } as Happening, { actor, now })] : []), ...settled.events, ...(more.events ?? [])],
      result: approval,
    };
  });
}

function checkVersion(wanted: number | null | undefined, version: number | undefined): void {
  if (wanted !== undefined && wanted !== (version ?? null)) throw new AppError('precondition_failed');
}

/** What was decided last, on top of what was before. */
export function nextApproval(
  { tenant, app }: Pick<Approval, 'tenant' | 'app'>,
  before: Approval | undefined,
  changes: Partial<Approval>,
  actor: Actor,
  now: number,
): Approval {
  const next: Approval = {
    tenant,
    app,
    status: 'approved',
    permissions: NOTHING,
    availability: { kind: 'everyone' },
    version: null,
    review: null,
    generation: 0,
    shuts: 0,
    ...before,
    ...changes,
    decidedBy: actor,
    decidedAt: new Date(now).toISOString(),
  };
  return { ...next, removed: isShut(next) && next.removed === true, shuts: shutsOf(before) + (isShut(next) && !isShut(before) ? 1 : 0) };
}
