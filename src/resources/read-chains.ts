import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import type { Chain } from './chain.ts';
import { isSameNode, nameOf, type ResourceNode, type ResourceRef, type ResourceRight } from './resource.ts';
import { resourceKey, rightKey } from './resource-records.ts';

/** How deep a node may be put. Those below it move along, and can come to lie deeper. */
export const MAX_DEPTH = 16;
/** Nothing below can be reached; it ends a walk in any case. */
const DEEPEST = 2 * MAX_DEPTH;

interface Known {
  readonly node: StoredRecord<ResourceNode> | undefined;
  readonly rights: readonly StoredRecord<ResourceRight>[];
}

/**
 * The chains of some nodes, with the rights that these users have on them. Two round trips, however large the tree is:
 * the nodes, then all that stands above them by their hints. Each link is checked, and where a hint is old because a
 * node above was moved, that node's own hint is followed, in one more. `undefined` for a node that is not there.
 */
export async function readChains(deps: Deps, tenant: TenantId, refs: readonly ResourceRef[], users: readonly UserId[] = []): Promise<(Chain | undefined)[]> {
  const known = new Map<string, Known>();
  let wanted = new Map(refs.map((ref) => [nameOf(ref), ref]));
  for (let trips = 0; wanted.size > 0 && trips < DEEPEST; trips += 1) {
    await readInto(known, deps, tenant, [...wanted.values()], users);
    wanted = new Map(refs.flatMap((ref) => missingAbove(known, ref)).map((ref) => [nameOf(ref), ref]));
  }
  return refs.map((ref) => chainOf(known, ref));
}

export const readChain = async (deps: Deps, tenant: TenantId, ref: ResourceRef, users: readonly UserId[] = []): Promise<Chain | undefined> =>
  (await readChains(deps, tenant, [ref], users))[0];

async function readInto(known: Map<string, Known>, { store }: Deps, tenant: TenantId, refs: readonly ResourceRef[], users: readonly UserId[]): Promise<void> {
  const read: readonly (StoredRecord<any> | undefined)[] = await store.read(
    ...refs.map((ref) => resourceKey(tenant, ref)),
    ...refs.flatMap((ref) => users.map((user) => rightKey(tenant, ref, user))),
  );
  const nodes: readonly (StoredRecord<ResourceNode> | undefined)[] = read.slice(0, refs.length);
  const rights: readonly (StoredRecord<ResourceRight> | undefined)[] = read.slice(refs.length);
  refs.forEach((ref, place) => {
    const node = nodes[place];
    const here = rights.slice(place * users.length, (place + 1) * users.length);
    const theirs = node ? here.flatMap((right) => (right && isSameNode(right.value.node, node.value) ? [right] : [])) : [];
    known.set(nameOf(ref), { node, rights: theirs });
  });
}

/** Where the walk upwards leaves what is known: the parent, and what else is said to stand above. */
function missingAbove(known: ReadonlyMap<string, Known>, ref: ResourceRef): ResourceRef[] {
  const top = chainOf(known, ref)?.nodes.at(-1)?.value;
  if (!top?.parent || known.has(nameOf(top.parent))) return [];
  return [top.parent, ...top.path].filter((each) => !known.has(nameOf(each)));
}

function chainOf(known: ReadonlyMap<string, Known>, ref: ResourceRef): Chain | undefined {
  const found: Known[] = [];
  let next = known.get(nameOf(ref));
  while (next?.node && found.length < DEEPEST) {
    found.push(next);
    const { parent } = next.node.value;
    const above: Known | undefined = parent === null ? undefined : known.get(nameOf(parent));
    next = parent && above?.node && isSameNode(above.node.value, parent) ? above : undefined;
  }
  const nodes = found.flatMap(({ node }) => node ?? []);
  if (nodes.length === 0) return undefined;
  return { nodes, complete: nodes.at(-1)?.value.parent === null, rights: found.flatMap(({ rights }) => rights) };
}
