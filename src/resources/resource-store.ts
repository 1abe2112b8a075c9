import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { TenantId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';

import type { Chain } from './chain.ts';
import { readChain, readChains } from './read-chains.ts';
import { isSameNode, type ResourceNode, type ResourceRef } from './resource.ts';
import { childrenQuery, titlesQuery } from './resource-records.ts';

type List = { readonly after?: string | undefined; readonly limit: number };

/** With all above it. A node under one that was deleted is not there either. */
export async function knownResource(deps: Deps, tenant: TenantId, ref: ResourceRef): Promise<Chain & { readonly record: StoredRecord<ResourceNode> }> {
  const chain = await readChain(deps, tenant, ref);
  const record = chain?.complete ? chain.nodes[0] : undefined;
  if (!chain || !record) throw new AppError('not_found');
  return { ...chain, record };
}

/** What stands directly under a node, or at the top, by title. A page can be shorter than `limit`. */
export async function childrenOf(deps: Deps, tenant: TenantId, parent: ResourceRef | null, page: List): Promise<Page<ResourceNode>> {
  const above = parent === null ? undefined : (await knownResource(deps, tenant, parent)).record.value;
  const { records, next } = await deps.store.scan(childrenQuery(tenant, parent, page));
  return { records: records.filter(({ value }) => !above || (value.parent && isSameNode(value.parent, above))), next };
}

/** Nodes of a kind, by title; with `words`, those of which the title, or a word of it, begins with them. */
export async function resourcesOfKind(deps: Deps, tenant: TenantId, { kind, words = '' }: { kind: string; words?: string | undefined }, page: List): Promise<Page<ResourceNode>> {
  const { records, next } = await deps.store.scan(titlesQuery(tenant, kind, words, page));
  const once = [...new Map(records.map((record) => [record.key.id, record])).values()];
  const chains = await readChains(deps, tenant, once.map(({ value }) => value));
  return { records: once.filter((_, place) => chains[place]?.complete), next };
}
