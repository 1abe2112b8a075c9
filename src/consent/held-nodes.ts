import type { Deps } from '#src/deps.ts';
import type { TenantId } from '#src/ids.ts';
import { isReachable } from '#src/resources/chain.ts';
import { readChains } from '#src/resources/read-chains.ts';
import { holdsRight, isSameNode, type ResourceGrant, type ResourceNode } from '#src/resources/resource.ts';

import type { ResourceAsk } from './resource-asks.ts';

export interface HeldNode {
  readonly grant: ResourceGrant;
  readonly node: ResourceNode;
}

/** Those of the given nodes that can be reached now: neither they nor any above them are recycled or deleted (S13). */
export async function reachableNodes(deps: Deps, tenant: TenantId, given: readonly ResourceGrant[]): Promise<HeldNode[]> {
  if (given.length === 0) return [];
  const chains = await readChains(deps, tenant, given);
  return given.flatMap((grant, place) => {
    const chain = chains[place];
    const node = chain?.nodes[0]?.value;
    return chain && node && isReachable(chain) && isSameNode(node, grant) ? [{ grant, node }] : [];
  });
}

/** Those that give what is asked for. */
export const heldFor = ({ kind, right, template, identifier }: Pick<ResourceAsk, 'kind' | 'right' | 'template' | 'identifier'>, held: readonly HeldNode[]): HeldNode[] =>
  held.filter(
    ({ grant, node }) =>
      grant.kind === kind && holdsRight(grant.right, right) && (template === null || node.template === template) && (identifier === null || grant.id === identifier),
  );
