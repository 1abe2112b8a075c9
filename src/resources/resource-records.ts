import type { TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { wordsOf } from '#src/words.ts';

import type { NodeRef, ResourceNode, ResourceRef, ResourceRight } from './resource.ts';

const MOST_WORDS = 8;

/** As titles are sorted: without accents and capitals. */
const plainTitle = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase('en');

/** The title from each of its words on, so that words in the middle of it are found by their beginning as well. */
function fromEachWord(title: string): string[] {
  const words = wordsOf(title);
  return words.slice(0, MOST_WORDS).map((_, place) => words.slice(place).join(' '));
}

const ofParent = (tenant: TenantId, parent: ResourceRef | null): string => JSON.stringify(parent === null ? [tenant] : [tenant, parent.kind, parent.id]);
const ofKind = (tenant: TenantId, kind: string): string => JSON.stringify([tenant, kind]);
const ofNode = (tenant: TenantId, { kind, id }: ResourceRef): string => JSON.stringify([tenant, kind, id]);
const ofMember = (tenant: TenantId, user: UserId): string => JSON.stringify([tenant, user]);

const RESOURCE = defineKind<ResourceNode>('resource', {
  schema: 1,
  indexes: ({ tenant, kind, id, title, parent }) => [
    { index: 'parent', of: ofParent(tenant, parent), sort: `${plainTitle(title)}\0${kind}\0${id}` },
    { index: 'kind', of: ofKind(tenant, kind), sort: `${plainTitle(title)}\0${id}` },
    ...fromEachWord(title).map((words) => ({ index: 'words', of: ofKind(tenant, kind), sort: `${words}\0${id}` })),
  ],
});

const RESOURCE_RIGHT = defineKind<ResourceRight>('resource-right', {
  schema: 1,
  indexes: ({ tenant, node, user }) => [
    { index: 'node', of: ofNode(tenant, node), sort: user },
    { index: 'member', of: ofMember(tenant, user), sort: `${node.kind}\0${node.id}` },
  ],
});

/** A node that was deleted, and below which nodes are left that nobody can reach. */
export interface Leftover {
  readonly tenant: TenantId;
  readonly node: NodeRef;
}

export const LEFTOVER = defineKind<Leftover>('resource-leftover', {
  schema: 1,
  indexes: (_, id) => [{ index: 'all', of: '', sort: id }],
});

/** The tenant stands in the key, so that the id of a node opens nothing in another tenant. */
export const resourceKey = (tenant: TenantId, { kind, id }: ResourceRef): Key<ResourceNode> => ({
  shard: shardOf(tenant),
  kind: RESOURCE,
  id: JSON.stringify([tenant, kind, id]),
});

export const rightKey = (tenant: TenantId, { kind, id }: ResourceRef, user: UserId): Key<ResourceRight> => ({
  shard: shardOf(tenant),
  kind: RESOURCE_RIGHT,
  id: JSON.stringify([tenant, kind, id, user]),
});

export const leftoverKey = ({ tenant, node }: Leftover): Key<Leftover> => ({
  shard: shardOf(tenant),
  kind: LEFTOVER,
  id: JSON.stringify([tenant, node.kind, node.id, node.incarnation]),
});

type List = { readonly after?: string | undefined; readonly limit: number };

export const childrenQuery = (tenant: TenantId, parent: ResourceRef | null, page: List) =>
  ({ shard: shardOf(tenant), kind: RESOURCE, index: 'parent', of: ofParent(tenant, parent), ...page }) as const;

/** By title; with `words`, those whose title or a word of it begins with them. */
export function titlesQuery(tenant: TenantId, kind: string, words: string, page: List) {
  const prefix = wordsOf(words).join(' ');
  const query = { shard: shardOf(tenant), kind: RESOURCE, of: ofKind(tenant, kind), ...page } as const;
  return prefix === '' ? ({ ...query, index: 'kind' } as const) : ({ ...query, index: 'words', prefix } as const);
}

export const rightsOnQuery = (tenant: TenantId, node: ResourceRef, page: List) =>
  ({ shard: shardOf(tenant), kind: RESOURCE_RIGHT, index: 'node', of: ofNode(tenant, node), ...page }) as const;

export const rightsOfQuery = (tenant: TenantId, user: UserId, page: List) =>
  ({ shard: shardOf(tenant), kind: RESOURCE_RIGHT, index: 'member', of: ofMember(tenant, user), ...page }) as const;
