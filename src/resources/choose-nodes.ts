import type { Deps } from '#src/deps.ts';
import type { TenantId } from '#src/ids.ts';
import type { Member } from '#src/tenants/member.ts';

import { isReachable, rightOfMember, type Chain } from './chain.ts';
import { readChains } from './read-chains.ts';
import { holdsRight, nameOf, type ResourceNode, type ResourceRef, type Right } from './resource.ts';
import { childrenQuery, rightsOfQuery, titlesQuery } from './resource-records.ts';

export interface Wanted {
  readonly kind: string;
  readonly template: string | null;
  readonly right: Right;
}

/** A node as the member sees it. */
export interface SeenNode {
  readonly node: ResourceNode;
  /** Titles of those above it, from the top. */
  readonly above: readonly string[];
  /** What the member may do there. */
  readonly right: Right | undefined;
}

const AT_ONCE = 20;
const ENOUGH = 12;
/** So many nodes are looked through for one page at most; whoever has rights on few of very many finds them by name. */
const MOST_SCANS = 50;
const MOST_RIGHTS = 100;
const MOST_PARENTS = 10;

const seen = (chain: Chain, member: Member): SeenNode | undefined => {
  const [node, ...above] = chain.nodes.map(({ value }) => value);
  if (!node || !isReachable(chain)) return undefined;
  return { node, above: above.map(({ title }) => title).toReversed(), right: rightOfMember(chain, member) };
};

/** In the order of the refs; `undefined` where nothing can be reached. */
export async function seenNodes(deps: Deps, { tenant, user, ...member }: Member, refs: readonly ResourceRef[]): Promise<(SeenNode | undefined)[]> {
  const chains = await readChains(deps, tenant, refs, [user]);
  return chains.map((chain) => chain && seen(chain, { tenant, user, ...member }));
}

const fits = ({ kind, template, right }: Wanted) => (each: SeenNode | undefined): each is SeenNode =>
  each !== undefined && each.node.kind === kind && (template === null || each.node.template === template) && each.right !== undefined && holdsRight(each.right, right);

const once = (nodes: readonly ResourceNode[]): ResourceNode[] => [...new Map(nodes.map((node) => [nameOf(node), node])).values()];

export interface FoundNodes {
  readonly nodes: readonly SeenNode[];
  /** Where the next page begins. */
  readonly next: string | undefined;
}

/** Nodes on which the member holds the right, by title, with `words` those that these find. A page may be short though there is more. */
export async function findNodes(deps: Deps, member: Member, wanted: Wanted, { words, after }: { words: string; after?: string | undefined }): Promise<FoundNodes> {
  const found: SeenNode[] = words.trim() === '' && after === undefined ? await nearRights(deps, member, wanted) : [];
  const known = new Set(found.map(({ node }) => nameOf(node)));
  let next = after;
  for (let scans = 0; scans === 0 || (scans < MOST_SCANS && found.length < ENOUGH); scans += 1) {
    const page = await deps.store.scan(titlesQuery(member.tenant, wanted.kind, words, { after: next, limit: AT_ONCE }));
    const fresh = once(page.records.map(({ value }) => value)).filter((node) => !known.has(nameOf(node)) && (wanted.template === null || node.template === wanted.template));
    for (const each of await seenNodes(deps, member, fresh)) if (fits(wanted)(each)) found.push(each);
    next = page.next;
    if (next === undefined) break;
  }
  return { nodes: found.toSorted((a, b) => a.node.title.localeCompare(b.node.title, 'en', { numeric: true })), next };
}

/** Where the member was given rights, and directly below: found at once, however large the tree is. */
async function nearRights(deps: Deps, member: Member, wanted: Wanted): Promise<SeenNode[]> {
  const rights = await rightsThatSuffice(deps, member, wanted.right);
  const parents = rights.filter(({ kind }) => kind !== wanted.kind).slice(0, MOST_PARENTS);
  const pages = await Promise.all(parents.map((parent) => deps.store.scan(childrenQuery(member.tenant, parent, { limit: ENOUGH }))));
  const refs = [...rights, ...pages.flatMap(({ records }) => records.map(({ value }) => value))].filter(({ kind }) => kind === wanted.kind);
  const names = new Map(refs.map((ref) => [nameOf(ref), ref]));
  return (await seenNodes(deps, member, [...names.values()])).filter(fits(wanted)).slice(0, ENOUGH);
}

async function rightsThatSuffice(deps: Deps, { tenant, user, membership }: Member, needed: Right): Promise<ResourceRef[]> {
  const { records } = await deps.store.scan(rightsOfQuery(tenant, user, { limit: MOST_RIGHTS }));
  return records.filter(({ value }) => value.membership === membership && holdsRight(value.right, needed)).map(({ value }) => value.node);
}

/** Whether the member holds the right on any node at all; if not, there is nothing to look for. */
export const holdsAnywhere = async (deps: Deps, member: Member, needed: Right): Promise<boolean> => {
  let after: string | undefined;
  do {
    const page = await deps.store.scan(rightsOfQuery(member.tenant, member.user, { limit: MOST_RIGHTS, after }));
    if (page.records.some(({ value }) => value.membership === member.membership && holdsRight(value.right, needed))) return true;
    after = page.next;
  } while (after !== undefined);
  return false;
};


/** The chain of each that the member may still give, for the commit to expect; `undefined` when any of them they may not. */
export async function checkedNodes(deps: Deps, tenant: TenantId, member: Member, nodes: readonly (ResourceRef & { readonly incarnation: string; readonly needs: Right })[]): Promise<Chain[] | undefined> {
  const chains = await readChains(deps, tenant, nodes, [member.user]);
  const good = chains.flatMap((chain, place) => {
    const wanted = nodes[place];
    const right = chain && rightOfMember(chain, member);
    return chain && wanted && isReachable(chain) && chain.nodes[0]?.value.incarnation === wanted.incarnation && right && holdsRight(right, wanted.needs) ? [chain] : [];
  });
  return good.length === nodes.length ? good : undefined;
}
