import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import { absent, put, remove, unchanged } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';

import { readChain } from './read-chains.ts';
import { nodeRefOf, type ResourceNode, type ResourceRef } from './resource.ts';
import { leftoverKey, resourceKey } from './resource-records.ts';
import { knownResource } from './resource-store.ts';

interface Which {
  readonly tenant: TenantId;
  readonly ref: ResourceRef;
  readonly ifVersion?: number | undefined;
}

async function asExpected(deps: Deps, { tenant, ref, ifVersion }: Which) {
  const { record } = await knownResource(deps, tenant, ref);
  if (ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
  return record;
}

/** One write: what lies below, and every grant and right on it, is read through this node. */
const setStatus = (deps: Deps, which: Which, status: ResourceNode['status'], actor: Actor): Promise<ResourceNode> =>
  revoke(deps.store, shardOf(which.tenant), async () => {
    const { tenant, ref } = which;
    const record = await asExpected(deps, which);
    const now = deps.clock();
    const same = record.value.status === status;
    const node: ResourceNode = same ? record.value : { ...record.value, status, updatedAt: new Date(now).toISOString() };
    const type = status === 'recycled' ? 'resource.recycled' : 'resource.restored';
    return {
      expect: [unchanged(record)],
      write: [put(record.key, node, { tenant })],
      events: same ? [] : [happened({ type, tenant, kind: ref.kind, resource: ref.id }, { actor, now })],
      result: node,
    };
  });

/** Nobody reaches it, or what lies below it, until it is restored (S13). */
export const recycleResource = (deps: Deps, which: Which, actor: Actor): Promise<ResourceNode> => setStatus(deps, which, 'recycled', actor);
export const restoreResource = (deps: Deps, which: Which, actor: Actor): Promise<ResourceNode> => setStatus(deps, which, 'active', actor);

/**
 * For good, with all below it and every right and grant on these: one write, for they are all read through it. What is
 * left of them is swept up later. `true` when this call deleted it.
 */
export const deleteResource = (deps: Deps, { tenant, ref, ifVersion }: Which, actor: Actor): Promise<boolean> =>
  revoke(deps.store, shardOf(tenant), async () => {
    const chain = await readChain(deps, tenant, ref);
    const key = resourceKey(tenant, ref);
    const record = chain?.nodes[0];
    if (!chain || !record) return { expect: [absent(key)], write: [remove(key)], events: [], result: false };
    if (!chain.complete) return { result: false };
    if (ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
    const leftover = { tenant, node: nodeRefOf(record.value) };
    return {
      expect: [unchanged(record)],
      write: [remove(key), put(leftoverKey(leftover), leftover, { tenant })],
      events: [happened({ type: 'resource.deleted', tenant, kind: ref.kind, resource: ref.id }, { actor, now: deps.clock() })],
      result: true,
    };
  });
