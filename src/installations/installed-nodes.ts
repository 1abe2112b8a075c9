import { rightInWords, resourcesOf } from '#src/apps/resource-permissions.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import { isReachable } from '#src/resources/chain.ts';
import { readChains } from '#src/resources/read-chains.ts';
import { isSameNode, nameOf } from '#src/resources/resource.ts';

import type { Installation } from './installation.ts';

/** A node that an app was given for the whole organisation, in words. */
export interface InstalledNode {
  /** Names it in a form. */
  readonly name: string;
  readonly title: string;
  /** What stands above it, or `''`. */
  readonly where: string;
  readonly may: string;
  /** Why it does nothing now, or `''`. */
  readonly idle: string;
}

export async function installedNodes(deps: Deps, { tenant, resources = [] }: Installation, app: AppInTenant | undefined): Promise<InstalledNode[]> {
  const asked = app ? resourcesOf(app.version, 'tenant') : [];
  const chains = await readChains(deps, tenant, resources);
  return resources.map((held, place) => {
    const chain = chains[place];
    const [node, ...above] = (chain?.nodes ?? []).map(({ value }) => value);
    const there = chain?.complete && node && isSameNode(node, held) ? node : undefined;
    return {
      name: nameOf(held),
      title: there ? displayText(there.title, 200) : `${held.kind} ${displayText(held.id, 200)}`,
      where: there ? above.map(({ title }) => displayText(title, 200)).toReversed().join(' › ') : '',
      may: rightInWords(held.right, 'it and all below'),
      idle: idleBecause(there !== undefined, chain !== undefined && isReachable(chain), asked.some(({ kind, template }) => kind === held.kind && (template === null || template === there?.template))),
    };
  });
}

function idleBecause(isThere: boolean, isReachableNow: boolean, isAsked: boolean): string {
  if (!isThere) return 'It was deleted.';
  if (!isReachableNow) return 'It is in the recycle bin, or something above it is.';
  return isAsked ? '' : 'The version in use does not ask for it any more.';
}
