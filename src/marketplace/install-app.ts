import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import { approvalKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { AppError } from '#src/errors.ts';
import type { UserId } from '#src/ids.ts';
import { checkedDataRange } from '#src/installations/change-installation.ts';
import { installationChange, readInstallation } from '#src/installations/installation-store.ts';
import type { DataRange, Installation } from '#src/installations/installation.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { asRead } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { managesApps } from '#src/tenants/entitlement.ts';

import { standingPermissions } from './permission-state.ts';
import type { Place } from './place.ts';

/**
 * An app in a tenant, by an admin's yes on a page of ours. No code is needed: the app learns of it by the event
 * `app.installed`, and gets its tenant tokens with its own credentials. `version` is that of the app when the page was
 * read: what a new one asks for was not shown (xC4). Nodes are chosen when the app asks for them.
 */
export async function installApp(
  deps: InstallationDeps,
  { live, tenant, standing, entitlement }: Place,
  { user, version, ticked, dataRange }: { user: UserId; version: string; ticked: readonly string[]; dataRange: DataRange },
): Promise<Installation> {
  if (!managesApps(entitlement)) throw new AppError('forbidden');
  if (live.version.id !== version) throw new AppError('consent_changed');
  const declared = standingPermissions(standing).filter(({ identity, permission }) => identity === 'tenant' && !isResourcePermission(permission));
  const required = declared.filter((each) => each.required);
  const given = [...required, ...declared.filter((each) => !each.required && ticked.includes(each.permission))];
  // Between page and answer the approval may have shrunk, or somebody else installed it.
  if (given.some(({ state }) => state !== 'approved') || standing.installation) throw new AppError('consent_changed');

  const app = live.app.id;
  const [range, before] = await Promise.all([checkedDataRange(deps, tenant.id, dataRange), readInstallation(deps, tenant.id, app)]);
  const { installation, ...change } = installationChange(
    {
      tenant: tenant.id,
      permissions: given.map(({ permission }) => permission),
      dataRange: range,
      basis: { membership: entitlement.member.membership, installation: before?.version ?? null },
    },
    {
      before,
      app,
      version: live.version.id,
      user,
      applicants: (standing.open ?? standing.last)?.requests.map((request) => request.user) ?? [],
      generation: generationOf(standing.approval),
      now: deps.clock(),
    },
  );
  const result = await deps.store.commit({
    shard: shardOf(tenant.id),
    ...change,
    expect: [...change.expect, ...entitlement.expect, asRead(approvalKey(tenant.id, app), standing.approvalRecord)],
    durable: true,
  });
  if (!result.ok) throw new AppError('consent_changed');
  return installation;
}
