import { rightInWords, resourcesOf } from '#src/apps/resource-permissions.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import { seenNodes } from '#src/resources/choose-nodes.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import { highestRight, isHeldOn, isSameNode, nameOf, type ResourceGrant } from '#src/resources/resource.ts';
import type { Member } from '#src/tenants/member.ts';

import { effectiveResources } from './effective-permissions.ts';
import type { Grant } from './grant.ts';

/** A node that the person chose for an app, as they see it now. */
export interface GrantedNode {
  /** Names it in a form. */
  readonly name: string;
  readonly title: string;
  /** What stands above it, or `''`. */
  readonly where: string;
  /** What the app may do there. */
  readonly may: string;
  /** The app cannot do without one of its kind, and this is the last. */
  readonly fixed: boolean;
}

export interface GrantedNodesDeps extends Deps {
  readonly resourceKinds: ResourceKinds;
}

export async function grantedNodes(deps: GrantedNodesDeps, member: Member, grant: Grant, app: AppInTenant): Promise<GrantedNode[]> {
  const effective = effectiveResources(grant.resources, 'user', app);
  const given = (grant.resources ?? []).filter((node) => effective.some((each) => isSameNode(each, node)));
  const seen = await seenNodes(deps, member, given);
  const held = given.flatMap((node, place) => {
    const there = seen[place] && isSameNode(seen[place].node, node) ? seen[place] : undefined;
    const right = highestRight(effective.filter((each) => (there ? isHeldOn(each, there.node) : isSameNode(each, node))).map((each) => each.right));
    return right === undefined ? [] : [{ node: { ...node, right }, there }];
  });
  const needed = new Set(resourcesOf(app.version, 'user').filter(({ required }) => required).map(({ kind }) => kind));
  const isLast = ({ kind }: ResourceGrant) => held.filter((each) => each.node.kind === kind).length === 1;
  return held.map(({ node, there }) => {
    const kind = deps.resourceKinds.find(node.kind)?.title ?? node.kind;
    // Who has no right there any more does not learn what it is called now.
    const known = there?.right === undefined ? undefined : there;
    return {
      name: nameOf(node),
      title: known ? displayText(known.node.title, 200) : `A ${kind} that is gone, or that you have no right on any more`,
      where: (known?.above ?? []).map((title) => displayText(title, 200)).join(' › '),
      may: rightInWords(node.right, `the ${kind}`),
      fixed: needed.has(node.kind) && isLast(node),
    };
  });
}
