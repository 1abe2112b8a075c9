import type { Deps } from '#src/deps.ts';
import { AppError, type FieldProblem } from '#src/errors.ts';
import { happened, type Actor, type AssentEvent } from '#src/events.ts';
import { randomBase62, type TenantId } from '#src/ids.ts';
import { commitAnew } from '#src/storage/change-record.ts';
import { asRead, present, put, unchanged, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';

import { checkedResource, type ResourceInput } from './check-resource.ts';
import { MAX_DEPTH, readChains } from './read-chains.ts';
import { isSameNode, nameOf, nodeRefOf, refOf, type ResourceNode, type ResourceRef } from './resource.ts';
import type { ResourceKinds } from './resource-kind.ts';
import { resourceKey } from './resource-records.ts';

export interface ResourceDeps extends Deps {
  readonly resourceKinds: ResourceKinds;
}

export interface Placing {
  readonly tenant: TenantId;
  /** In an order in which a node comes after the one it is to stand under. */
  readonly nodes: readonly ResourceInput[];
  readonly ifVersion?: number | undefined;
  /** Where in the request a node stands. */
  readonly pointer?: (place: number) => string;
}

/** Nodes as they are, with those that this change has placed so far. */
class Tree {
  readonly #nodes = new Map<string, ResourceNode>();

  set(node: ResourceNode): void {
    this.#nodes.set(nameOf(node), node);
  }

  /** From the node upwards; `undefined` unless it ends at the top. */
  chain(ref: ResourceRef): ResourceNode[] | undefined {
    const chain: ResourceNode[] = [];
    let node = this.#nodes.get(nameOf(ref));
    while (node && chain.length <= 2 * MAX_DEPTH) {
      chain.push(node);
      const { parent }: ResourceNode = node;
      if (parent === null) return chain;
      const above = this.#nodes.get(nameOf(parent));
      node = above && isSameNode(above, parent) ? above : undefined;
    }
    return undefined;
  }
}

/**
 * Registers nodes, or changes and moves those that are there: one commit, all or none. It expects all that stands above
 * them as it was read, so that two moves at once make no circle. Moving takes away what was inherited, so it is durable, and
 * so is the answer that a node is there already.
 */
export async function placeResources(deps: ResourceDeps, { tenant, nodes, ifVersion, pointer = () => '' }: Placing, actor: Actor): Promise<ResourceNode[]> {
  const inputs = nodes.map((node, place) => checkedResource(node, deps.resourceKinds, pointer(place)));
  const names = inputs.map(nameOf);
  const places = new Map(names.map((name, place) => [name, place]));
  names.forEach((name, place) => {
    if (places.get(name) !== place) throw new AppError('invalid_request', { fields: [{ pointer: `${pointer(places.get(name) ?? place)}/id`, detail: 'This node stands here twice.' }] });
  });
  const parents = inputs.flatMap(({ parent }) => parent ?? []);
  return commitAnew(deps.store, async () => {
    const chains = await readChains(deps, tenant, [...inputs, ...parents]);
    const stored = new Map<string, StoredRecord<ResourceNode>>(chains.flatMap((chain) => chain?.nodes ?? []).map((record) => [nameOf(record.value), record]));
    const tree = new Tree();
    for (const { value } of stored.values()) tree.set(value);

    const now = deps.clock();
    const placed: ResourceNode[] = [];
    let known = false;
    const events: AssentEvent[] = [];
    for (const [place, input] of inputs.entries()) {
      const before = tree.chain(input)?.[0];
      known ||= before !== undefined;
      if (ifVersion !== undefined && (before === undefined || stored.get(nameOf(input))?.version !== ifVersion)) throw new AppError('precondition_failed');
      const { node, what } = placedNode(tree, { tenant, input, before, now }, deps.resourceKinds, pointer(place));
      tree.set(node);
      placed.push(node);
      const named = { tenant, kind: node.kind, resource: node.id };
      for (const type of what) events.push(happened(type === 'resource.moved' ? { type, ...named, parent: node.parent && refOf(node.parent) } : { type, ...named }, { actor, now }));
    }

    const written = new Set(placed.map(nameOf));
    const expect = [
      present(tenantKey(tenant)),
      ...placed.map((node) => asRead(resourceKey(tenant, node), stored.get(nameOf(node)))),
      ...[...stored].flatMap(([name, record]) => (written.has(name) ? [] : [unchanged(record)])),
    ];
    const write = placed.map((node) => put(resourceKey(tenant, node), node, { tenant }));
    return { change: { shard: shardOf(tenant), expect, write, events, durable: known }, result: placed };
  });
}

interface Wanted {
  readonly tenant: TenantId;
  readonly input: ResourceInput;
  readonly before: ResourceNode | undefined;
  readonly now: number;
}

type Done = 'resource.registered' | 'resource.updated' | 'resource.moved';

function placedNode(tree: Tree, { tenant, input, before, now }: Wanted, kinds: ResourceKinds, pointer: string): { node: ResourceNode; what: Done[] } {
  const title = input.title ?? before?.title;
  if (title === undefined) throw new AppError('not_found');
  const above = input.parent === null ? [] : tree.chain(input.parent);
  const problem = parentProblem({ input, above }, kinds);
  if (problem !== undefined) throw new AppError('invalid_request', { fields: [{ pointer: `${pointer}/parent`, detail: problem } satisfies FieldProblem] });
  const [parent] = above ?? [];
  const template = input.template === undefined ? (before?.template ?? null) : input.template;
  const at = new Date(now).toISOString();
  const moved = before !== undefined && !(parent && before.parent ? isSameNode(parent, before.parent) : !parent && !before.parent);
  const changed = before !== undefined && (before.title !== title || before.template !== template);
  const node: ResourceNode = {
    tenant,
    kind: input.kind,
    id: input.id,
    incarnation: before?.incarnation ?? randomBase62(11),
    title,
    parent: parent ? nodeRefOf(parent) : null,
    template,
    status: before?.status ?? 'active',
    path: (above ?? []).map(refOf).toReversed(),
    createdAt: before?.createdAt ?? at,
    updatedAt: before && !moved && !changed ? before.updatedAt : at,
  };
  if (!before) return { node, what: ['resource.registered'] };
  return { node, what: [...(moved ? ['resource.moved' as const] : []), ...(changed ? ['resource.updated' as const] : [])] };
}

function parentProblem({ input, above }: { input: ResourceInput; above: readonly ResourceNode[] | undefined }, kinds: ResourceKinds): string | undefined {
  const allowed = kinds.find(input.kind)?.parents ?? [];
  if (input.parent === null) return allowed.length === 0 ? undefined : `A ${input.kind} stands under one of: ${allowed.join(', ')}.`;
  if (!allowed.includes(input.parent.kind)) return allowed.length === 0 ? `A ${input.kind} stands at the top.` : `A ${input.kind} stands under one of: ${allowed.join(', ')}.`;
  if (above === undefined) return 'There is no such node.';
  if (above.some((node) => nameOf(node) === nameOf(input))) return 'A node cannot stand under itself.';
  return above.length < MAX_DEPTH ? undefined : `At most ${MAX_DEPTH} levels.`;
}
