import { approvalKey } from '#src/approvals/approval-store.ts';
import { removeAppFromTenant, type AlongWith } from '#src/approvals/change-approval.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { asRead, remove } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { expectEntitled, managesApps } from '#src/tenants/entitlement.ts';

import type { Named } from './change-installation.ts';
import { installationKey } from './installation-records.ts';
import { installationStands, type InstallationDeps } from './installed-app.ts';

/**
 * One durable commit: the installation goes, and its tokens with it; the tenant's approval and what members allowed for
 * themselves stay. Idempotent; `true` when this call did it. It is
 * removed also when nothing is there: an earlier call may have done so and never learnt whether that is on disk (I2).
 */
export const uninstall = (deps: InstallationDeps, { tenant, app, ifVersion }: Named, actor: Actor): Promise<boolean> => {
  const key = installationKey(tenant, app);
  return revoke(deps.store, key.shard, async () => {
    const [entitled, [record, approval]] = await Promise.all([
      expectEntitled(deps, tenant, actor, managesApps),
      deps.store.read(key, approvalKey(tenant, app)),
    ]);
    if (ifVersion !== undefined && record?.version !== ifVersion) throw new AppError('precondition_failed');
    const installation = record && installationStands(record.value, approval?.value) ? record.value.id : undefined;
    const events = installation === undefined ? [] : [happened({ type: 'app.uninstalled', tenant, app, installation }, { actor, now: deps.clock() })];
    return { expect: [...entitled, asRead(key, record)], write: [remove(key)], events, result: installation !== undefined };
  });
};

/**
 * All that the app has in the tenant: the installation, and under a new generation of the approval every grant, code
 * and token, of all members, in the same commit and for good (xA7).
 */
export const uninstallEverything = async (
  deps: InstallationDeps,
  { tenant, app }: Omit<Named, 'ifVersion'>,
  actor: Actor,
  { expect = [], write = [] }: Pick<AlongWith, 'expect' | 'write'> = {},
): Promise<void> => {
  await removeAppFromTenant(deps, { tenant, app }, actor, async () => {
    const key = installationKey(tenant, app);
    const [record] = await deps.store.read(key);
    return { expect: [asRead(key, record), ...expect], write: [remove(key), ...write] };
  });
};
