import { approvalKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { absent, put, remove, unchanged, type Expectation, type StoredRecord, type Write } from '#src/storage/record-store.ts';
import { expectEntitled } from '#src/tenants/entitlement.ts';

import type { Named } from './change-installation.ts';
import type { Installation } from './installation.ts';
import { installationKey, installationPlaceKey } from './installation-records.ts';
import { installationStands, type InstallationDeps } from './installed-app.ts';

/**
 * One durable commit. The installation goes, and its tokens with it; members keep their own connections. With
 * `everything` the tenant's approval is withdrawn under a new generation in the same commit, so that every grant, code
 * and token of the app in this tenant is dead for good (xA7). Idempotent; `true` when this call did it.
 */
export async function uninstall(
  deps: InstallationDeps,
  { tenant, app, everything, ifVersion }: Named & { everything: boolean },
  actor: Actor,
): Promise<boolean> {
  for (;;) {
    const [entitled, [record, approval]] = await Promise.all([
      expectEntitled(deps, tenant, actor, ({ capabilities }) => capabilities.includes('apps.manage')),
      deps.store.read(installationKey(tenant, app), approvalKey(tenant, app)),
    ]);
    if (ifVersion !== undefined && record?.version !== ifVersion) throw new AppError('precondition_failed');
    const now = deps.clock();
    const stands = record !== undefined && installationStands(record.value, approval?.value);
    const removal = everything ? withdrawal(approval, { tenant, app }, { actor, now }) : NOTHING;
    const did = stands || everything;
    const result = await deps.store.commit({
      shard: installationKey(tenant, app).shard,
      expect: [...entitled, record ? unchanged(record) : absent(installationKey(tenant, app)), ...removal.expect],
      write: [...gone(record, { tenant, app }), ...removal.write],
      events: did
        ? [happened({ type: 'app.uninstalled', tenant, app, everything, ...(stands && { installation: record.value.id }) }, { actor, now })]
        : [],
      durable: true,
    });
    if (result.ok) return did;
  }
}

/** Also when nothing is there: an earlier call may have removed it and never learnt whether that is on disk (I2). */
const gone = (record: StoredRecord<Installation> | undefined, { tenant, app }: Pick<Named, 'tenant' | 'app'>): Write[] => {
  const key = installationKey(tenant, app);
  return [remove(key), ...(record ? [remove(installationPlaceKey(record.value.id, key.shard))] : [])];
};

interface Removal {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
}

const NOTHING: Removal = { expect: [], write: [] };

/** Under a new generation each time it is asked for: a withdrawal alone would let old grants live again once approved. */
function withdrawal(
  record: StoredRecord<Approval> | undefined,
  { tenant, app }: Pick<Named, 'tenant' | 'app'>,
  { actor, now }: { actor: Actor; now: number },
): Removal {
  const key = approvalKey(tenant, app);
  const before = record?.value;
  const expect = [record ? unchanged(record) : absent(key)];
  const approval: Approval = {
    tenant,
    app,
    status: before?.status === 'blocked' ? 'blocked' : 'withdrawn',
    permissions: { user: [], tenant: [] },
    availability: before?.availability ?? { kind: 'everyone' },
    version: before?.version ?? null,
    review: before?.review ?? null,
    generation: generationOf(before) + 1,
    decidedBy: actor,
    decidedAt: new Date(now).toISOString(),
  };
  return { expect, write: [put(key, approval, { tenant })] };
}
