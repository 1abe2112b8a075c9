import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type TenantId } from '#src/ids.ts';
import { chosenId, displayName } from '#src/names.ts';
import { changeRecord } from '#src/storage/change-record.ts';
import { absent, defineKind, put, type Key, type Page, type Shard, type StoredRecord } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { pageOverShards, scanShards } from '#src/storage/scan-shards.ts';
import { shardOf } from '#src/storage/shards.ts';
import { wordsOf } from '#src/words.ts';

import type { Tenant } from './tenant.ts';

const TENANT = defineKind<Tenant>('tenant', {
  schema: 1,
  indexes: ({ id, name }) => [
    { index: 'all', of: '', sort: id },
    ...wordsOf(name).map((word) => ({ index: 'word', of: '', sort: word })),
  ],
});

export const tenantKey = (id: TenantId): Key<Tenant> => ({ shard: shardOf(id), kind: TENANT, id });

export async function readTenant({ store }: Deps, id: TenantId): Promise<StoredRecord<Tenant> | undefined> {
  const [record] = await store.read(tenantKey(id));
  return record;
}

export const findTenant = async (deps: Deps, id: TenantId): Promise<Tenant | undefined> =>
  (await readTenant(deps, id))?.value;

export async function createTenant(
  { store, clock }: Deps,
  input: { name: string; id?: string },
  actor: Actor,
): Promise<Tenant> {
  const now = clock();
  const tenant: Tenant = {
    id: input.id === undefined ? newId('tenant') : (chosenId(input.id) as TenantId),
    name: displayName(input.name),
    status: 'active',
    createdAt: new Date(now).toISOString(),
  };
  const key = tenantKey(tenant.id);
  const result = await store.commit({
    shard: key.shard,
    expect: [absent(key)],
    write: [put(key, tenant, { tenant: tenant.id })],
    events: [happened({ type: 'tenant.created', tenant: tenant.id, name: tenant.name }, { actor, now })],
  });
  if (!result.ok) throw new AppError('conflict', { detail: 'There is a tenant with this id already.' });
  return tenant;
}

const updated = (id: TenantId, actor: Actor, now: number) => [happened({ type: 'tenant.updated', tenant: id }, { actor, now })];

export async function renameTenant(
  { store, clock }: Deps,
  { id, name, ifVersion }: { id: TenantId; name: string; ifVersion?: number },
  actor: Actor,
): Promise<Tenant> {
  const newName = displayName(name);
  return changeRecord(store, tenantKey(id), ifVersion, ({ value }) => ({ value: { ...value, name: newName }, events: updated(id, actor, clock()) }));
}

/** Suspending takes effect on everything in the tenant, since all of it is read together with the tenant. */
export const setTenantStatus = (
  { store, clock }: Deps,
  { id, status, ifVersion }: { id: TenantId; status: Tenant['status']; ifVersion?: number },
  actor: Actor,
): Promise<Tenant> =>
  changeStanding(store, tenantKey(id), ifVersion, ({ value }) => ({ value: { ...value, status }, events: updated(id, actor, clock()) }));

export const listTenants = ({ store }: Deps, page: { after?: string | undefined; limit: number }): Promise<Page<Tenant>> =>
  scanShards(store, { kind: TENANT, index: 'all', of: '', after: page.after, limit: page.limit });

/** Whether each of these words begins a word of the name. */
export const isNamed = ({ name }: Tenant, words: readonly string[]): boolean => {
  const own = wordsOf(name);
  return words.every((word) => own.some((each) => each.startsWith(word)));
};

const byLength = (a: string, b: string): number => b.length - a.length;
/** Numbers tell names apart that are else the same. */
const likelyRareFirst = (a: string, b: string): number => Number(/\d/.test(b)) - Number(/\d/.test(a)) || byLength(a, b);

/** A word that no more names of a shard have is rare there. */
const RARE = 2;

/**
 * Those in one shard whose name has all these words, or beginnings of them: all at once by a word that is rare there,
 * or else page by page by the longest.
 */
export async function tenantsNamed({ store }: Deps, shard: Shard, words: readonly string[], page: { after?: string | undefined; limit: number }): Promise<Page<Tenant>> {
  const by = (prefix: string, some: typeof page) => store.scan({ shard, kind: TENANT, index: 'word', of: '', prefix, ...some });
  const [longest = ''] = words.toSorted(byLength);
  let found: Page<Tenant> | undefined;
  for (const word of page.after === undefined && words.length > 1 ? words.toSorted(likelyRareFirst) : []) {
    const few = await by(word, { limit: Math.min(RARE, page.limit) });
    if (few.next !== undefined) continue;
    found = few;
    break;
  }
  found ??= await by(longest, page);
  const seen = new Set<string>();
  return { ...found, records: found.records.filter(({ value }) => !seen.has(value.id) && seen.add(value.id) && isNamed(value, words)) };
}

/** By the words of their names; a page can be shorter than `limit`, or empty, though there is more. */
export const searchTenants = (deps: Deps, { text, ...page }: { text: string; after?: string | undefined; limit: number }): Promise<Page<Tenant>> => {
  const words = wordsOf(text).slice(0, 8);
  return words.length === 0 ? listTenants(deps, page) : pageOverShards(page, (shard, after) => tenantsNamed(deps, shard, words, { after, limit: page.limit }));
};
