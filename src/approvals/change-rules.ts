import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import { asRead, put } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { expectEntitled, isOwner, managesApps } from '#src/tenants/entitlement.ts';

import { rulesIn, rulesKey } from './approval-store.ts';
import { checkRules, loosensRestricted } from './check-rules.ts';
import type { Rules } from './rules.ts';

export type RulesChanges = Partial<Omit<Rules, 'tenant'>>;

/** `version` is 0 for a tenant whose rules were never changed. */
export async function readRules({ store }: Deps, tenant: TenantId): Promise<{ rules: Rules; version: number }> {
  const [record] = await store.read(rulesKey(tenant));
  return { rules: rulesIn(record, tenant), version: record?.version ?? 0 };
}

/** Each member of `changes` replaces what stands there as a whole. */
export async function changeRules(
  deps: Deps & { readonly catalogue: Catalogue },
  { tenant, changes, ifVersion }: { readonly tenant: TenantId; readonly changes: RulesChanges; readonly ifVersion?: number | undefined },
  actor: Actor,
): Promise<Rules> {
  const key = rulesKey(tenant);
  return revoke(deps.store, key.shard, async () => {
    const [record] = await deps.store.read(key);
    if (ifVersion !== undefined && ifVersion !== (record?.version ?? 0)) throw new AppError('precondition_failed');
    const before = rulesIn(record, tenant);
    const rules = await checkRules(deps, { ...before, ...changes, tenant });
    const entitled = await expectEntitled(deps, tenant, actor, loosensRestricted(before, rules, deps.catalogue) ? isOwner : managesApps);
    return {
      expect: [asRead(key, record), ...entitled],
      write: [put(key, rules, { tenant })],
      events: [happened({ type: 'rules.changed', tenant }, { actor, now: deps.clock() })],
      result: rules,
    };
  });
}
