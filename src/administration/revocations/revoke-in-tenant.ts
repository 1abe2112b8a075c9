import { approvalKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { currentGrantsOfApp } from '#src/consent/grant-store.ts';
import type { JobId, TenantId } from '#src/ids.ts';
import { installationStands, type InstallationDeps } from '#src/installations/installed-app.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import { uninstall, uninstallEverything } from '#src/installations/uninstall.ts';
import { absent, defineKind, put, type Key } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';

import type { Revocation } from './revocation.ts';

/** That a job was here, so that the one who goes on with it after a crash does and tells nothing twice. */
const WAS_HERE = defineKind<Record<string, never>>('revocation-was-here', { schema: 1 });
const KEPT_MS = 30 * 24 * 3_600_000;

const wasHereKey = (tenant: TenantId, job: JobId): Key<Record<string, never>> => ({ shard: shardOf(tenant), kind: WAS_HERE, id: JSON.stringify([tenant, job]) });

/** One durable commit, with its event. `true` when there was something to take, now or when this job was here before. */
export async function revokeInTenant(deps: InstallationDeps, { id, app, what, startedBy: actor }: Revocation, tenant: TenantId): Promise<boolean> {
  const mark = wasHereKey(tenant, id);
  const write = put(mark, {}, { tenant, expiresAt: deps.clock() + KEPT_MS });
  const [wasHere, there, approval, installation] = await deps.store.read(mark, tenantKey(tenant), approvalKey(tenant, app), installationKey(tenant, app));
  // That is known only because it was read: whether it is on disk, this answer has to make sure (I2).
  if (wasHere) return revoke(deps.store, mark.shard, async () => ({ expect: [], write: [write], events: [], result: true }));
  if (!there) return false;
  if (what === 'installations') return uninstall(deps, { tenant, app }, actor);
  const installed = installation !== undefined && installationStands(installation.value, approval?.value);
  if (!installed && approval?.value.status !== 'approved' && !(await hasGrant(deps, tenant, app, generationOf(approval?.value)))) return false;
  await uninstallEverything(deps, { tenant, app }, actor, { expect: [absent(mark)], write: [write] });
  return true;
}

/** Those of before an earlier removal are over, though their records may still be there: however many, they are not looked at. */
const hasGrant = async (deps: InstallationDeps, tenant: TenantId, app: Revocation['app'], generation: number): Promise<boolean> =>
  (await currentGrantsOfApp(deps, { tenant, app, generation }, { limit: 1 })).records.length > 0;
