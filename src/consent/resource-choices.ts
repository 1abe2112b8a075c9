import type { AppInTenant } from '#src/approvals/decide.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { Deps } from '#src/deps.ts';
import { findNodes, holdsAnywhere, seenNodes, type FoundNodes, type SeenNode } from '#src/resources/choose-nodes.ts';
import type { ResourceKind, ResourceKinds } from '#src/resources/resource-kind.ts';
import { holdsRight, type ResourceGrant } from '#src/resources/resource.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { Member } from '#src/tenants/member.ts';

import type { ConsentDraft } from './consent-draft.ts';
import { effectiveResources } from './effective-permissions.ts';
import { heldFor, reachableNodes } from './held-nodes.ts';
import type { AskedScopes } from './hindrance.ts';
import { resourceAsks, type ResourceAsk } from './resource-asks.ts';

export interface NodeDraft {
  readonly ids: readonly string[];
  /** By id, which node of that id the page showed. */
  readonly as?: ReadonlyMap<string, string>;
  readonly query: string;
  /** Where the page of the list begins. */
  readonly after: string | undefined;
}

/** What the app asks for on a node, and what the person could choose for it. */
export interface ResourceChoice {
  readonly ask: ResourceAsk;
  readonly kind: ResourceKind;
  /** Given before: it is not asked again. */
  readonly held: readonly SeenNode[];
  readonly found: FoundNodes;
  /** What the person chose so far, as they see it now. */
  readonly chosen: readonly { readonly id: string; readonly seen: SeenNode | undefined }[];
  /** Whether they can choose nothing, wherever they look. */
  readonly hopeless: boolean;
}

interface Present {
  readonly member: Member;
  readonly standing: AppInTenant;
  readonly given: Readonly<Record<Identity, readonly ResourceGrant[]>>;
  readonly draft: ConsentDraft | undefined;
}

const NONE: FoundNodes = { nodes: [], next: undefined };

export const resourceChoices = (deps: Deps & { readonly resourceKinds: ResourceKinds }, request: PendingRequest, present: Present): Promise<ResourceChoice[]> =>
  Promise.all(
    resourceAsks(request, present.standing.version).flatMap((ask) => {
      const kind = deps.resourceKinds.find(ask.kind);
      return kind ? [choiceOf(deps, ask, kind, present)] : [];
    }),
  );

/** A node that was deleted and made anew under its id meanwhile is not the one that was chosen (xC4). */
const isAsShown = (seen: SeenNode | undefined, shown: string | undefined): boolean => shown === undefined || seen?.node.incarnation === shown;

async function choiceOf(deps: Deps, ask: ResourceAsk, kind: ResourceKind, { member, standing, given, draft }: Present): Promise<ResourceChoice> {
  const { tenant } = member;
  const { ids, as, query, after }: NodeDraft = draft?.nodes?.[ask.field] ?? { ids: [], query: '', after: undefined };
  const before = heldFor(ask, await reachableNodes(deps, tenant, effectiveResources(given[ask.identity], ask.identity, standing)));
  const [held, chosen] = await Promise.all([
    seenNodes(deps, member, before.map(({ node }) => node)),
    seenNodes(deps, member, ids.map((id) => ({ kind: ask.kind, id }))),
  ]);
  const common = { ask, kind, held: held.flatMap((each) => each ?? []), chosen: ids.map((id, place) => ({ id, seen: isAsShown(chosen[place], as?.get(id)) ? chosen[place] : undefined })) };
  if (held.length > 0) return { ...common, found: NONE, hopeless: false };
  if (ask.identifier !== null) {
    const [named] = await seenNodes(deps, member, [{ kind: ask.kind, id: ask.identifier }]);
    const may = named?.right !== undefined && holdsRight(named.right, ask.needs);
    // Who has no right there at all does not learn what it is called.
    return { ...common, found: { nodes: named?.right === undefined ? [] : [named], next: undefined }, hopeless: !may };
  }
  if (!(await holdsAnywhere(deps, member, ask.needs))) return { ...common, found: NONE, hopeless: true };
  return { ...common, found: await findNodes(deps, member, { ...ask, right: ask.needs }, { words: query, after }), hopeless: false };
}

/** Something that the app cannot do without, and for which the person can choose nothing, wherever they look (S4). */
export const missingRightIn = ({ user, tenant }: AskedScopes, { resources }: { readonly resources: readonly ResourceChoice[] }): ResourceChoice | undefined =>
  resources.find(({ ask, held, hopeless }) => ask.required && hopeless && held.length === 0 && [user, tenant].some((sorted) => sorted?.onNodes.includes(ask)));
