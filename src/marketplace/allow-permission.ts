import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import { approvalKey, rulesKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { grantChange } from '#src/consent/grant-store.ts';
import { AppError } from '#src/errors.ts';
import type { UserId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { asRead } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { standingOf } from './permission-state.ts';
import type { Place } from './place.ts';

/**
 * One more permission for an app that the member has connected already, and nothing else (L7): their own yes, made on
 * a page of ours. The app's next token request finds it granted. Only what stood when the page was read is extended.
 */
export async function allowPermission(
  deps: InstallationDeps,
  { live, tenant, standing, entitlement }: Place,
  { user, permission, grantVersion }: { user: UserId; permission: string; grantVersion: number },
): Promise<void> {
  const { grant, approvalRecord } = standing;
  if (!grant || grant.version !== grantVersion) throw new AppError('consent_changed');
  const { state } = standingOf(permission, 'user', standing);
  // What is given on a node takes a node, which the app asks for.
  if (isResourcePermission(permission)) throw new AppError('consent_changed');
  if (state === 'granted') return;
  if (state !== 'approved') throw new AppError('consent_changed');
  const decision = {
    tenant: tenant.id,
    permissions: [permission],
    sharedAccess: grant.value.sharedAccess,
    basis: { membership: entitlement.member.membership, grantSlot: grant.version },
  };
  const { grant: _, ...change } = grantChange(decision, {
    before: grant,
    user,
    app: live.app.id,
    asked: [],
    generation: generationOf(standing.approval),
    now: deps.clock(),
  });
  const result = await deps.store.commit({
    shard: shardOf(tenant.id),
    ...change,
    expect: [...change.expect, ...entitlement.expect, asRead(approvalKey(tenant.id, live.app.id), approvalRecord), asRead(rulesKey(tenant.id), standing.rulesRecord)],
    durable: true,
  });
  if (!result.ok) throw new AppError('consent_changed');
}

