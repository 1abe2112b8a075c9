import type { Deps } from '#src/deps.ts';
import type { TenantId } from '#src/ids.ts';
import { isReachable } from '#src/resources/chain.ts';
import { readChains } from '#src/resources/read-chains.ts';
import { highestRight, holdsRight, isHeldOn, nameOf, nodeRefOf, refOf, type EffectiveGrant, type ResourceGrant, type ResourceNode } from '#src/resources/resource.ts';

import type { ResourceAsk } from './resource-asks.ts';

export interface HeldNode {
  readonly grant: ResourceGrant;
  readonly node: ResourceNode;
}

/**
 * The nodes on which this counts and that can be reached now: neither they nor any above them are recycled or deleted
 * (S13). Each once, with the highest right.
 */
export async function reachableNodes(deps: Deps, tenant: TenantId, effective: readonly EffectiveGrant[]): Promise<HeldNode[]> {
  if (effective.length === 0) return [];
  const refs = [...new Map(effective.map((grant) => [nameOf(grant), refOf(grant)])).values()];
  const chains = await readChains(deps, tenant, refs);
  return chains.flatMap((chain) => {
    const node = chain?.nodes[0]?.value;
    if (!node || !isReachable(chain)) return [];
    const right = highestRight(effective.filter((grant) => isHeldOn(grant, node)).map((grant) => grant.right));
    return right === undefined ? [] : [{ grant: { ...nodeRefOf(node), right }, node }];
  });
}

/** Those that give what is asked for. */
export const heldFor = ({ kind, right, template, identifier }: Pick<ResourceAsk, 'kind' | 'right' | 'template' | 'identifier'>, held: readonly HeldNode[]): HeldNode[] =>
  held.filter(
    ({ grant, node }) =>
      grant.kind === kind && holdsRight(grant.right, right) && (template === null || node.template === template) && (identifier === null || grant.id === identifier),
  );
