import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { defineKind, type IndexQuery, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Approval } from './approval.ts';
import { defaultRules, type Rules } from './rules.ts';

const APPROVAL = defineKind<Approval>('approval', {
  schema: 1,
  indexes: ({ tenant, app }) => [{ index: 'tenant', of: tenant, sort: app }],
});

const RULES = defineKind<Rules>('rules', { schema: 1 });

/** One for each tenant and app: what was decided last. */
export const approvalKey = (tenant: TenantId, app: AppId): Key<Approval> => ({
  shard: shardOf(tenant),
  kind: APPROVAL,
  id: JSON.stringify([tenant, app]),
});

export const rulesKey = (tenant: TenantId): Key<Rules> => ({ shard: shardOf(tenant), kind: RULES, id: tenant });

/** The rules of a tenant that set none are the defaults of L9. */
export const rulesIn = (record: StoredRecord<Rules> | undefined, tenant: TenantId): Rules => record?.value ?? defaultRules(tenant);

export interface ApprovalFacts {
  readonly rules: Rules;
  readonly approval: Approval | undefined;
  readonly rulesRecord: StoredRecord<Rules> | undefined;
  readonly approvalRecord: StoredRecord<Approval> | undefined;
}

/** Both in one round trip, for whoever has to decide. */
export async function readApprovalFacts({ store }: Deps, tenant: TenantId, app: AppId): Promise<ApprovalFacts> {
  const [approvalRecord, rulesRecord] = await store.read(approvalKey(tenant, app), rulesKey(tenant));
  return { rules: rulesIn(rulesRecord, tenant), approval: approvalRecord?.value, rulesRecord, approvalRecord };
}

export const approvalsOf = (
  { store }: Deps,
  tenant: TenantId,
  page: Pick<IndexQuery<Approval>, 'after' | 'limit'>,
): Promise<Page<Approval>> => store.scan({ shard: shardOf(tenant), kind: APPROVAL, index: 'tenant', of: tenant, ...page });
