import { contextMembers, contextsOf, contextsWith } from '#src/contexts/context-store.ts';
import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import { standingInstallationsOf } from '#src/installations/installed-app.ts';
import { isReachable, type Chain } from '#src/resources/chain.ts';
import { readChain, readChains } from '#src/resources/read-chains.ts';
import { rightsOnQuery, titlesQuery } from '#src/resources/resource-records.ts';
import { resourcesOfKind } from '#src/resources/resource-store.ts';
import { refOf, type ResourceRef } from '#src/resources/resource.ts';
import { delegationsFrom, delegationsTo } from '#src/tenants/delegation-store.ts';
import type { Delegation } from '#src/tenants/delegation.ts';
import { membersOf } from '#src/tenants/member-store.ts';
import type { Page } from '#src/storage/record-store.ts';

import { can } from './can.ts';
import { CHUNK, inTurn, listed, none, type Candidates, type Found, type Position, pick } from './candidates.ts';
import { userOf, type Resource } from './decision.ts';
import { decideFor, resourceIn } from './evaluate.ts';
import { callerOf, factsWith, gatherFacts, type AskingDeps, type Caller } from './gather-facts.ts';
import { resourceOf, subjectOf, type Asked, type Entity } from './question.ts';
import { actionsOf } from './resource-actions.ts';
import { factsOfNode } from './resource-facts.ts';

/** Types of subjects that can be looked for. Nobody is told tokens. */
export const SEARCHABLE: readonly string[] = ['user', 'guest', 'app'];

/** A question with one thing left open, and where the list of answers goes on. */
export type Open<K extends keyof Asked> = Omit<Asked, K> & { readonly from: Position; readonly limit: number };
/** Nodes that are read together, and that one page looks at, at most. */
const NODES = 200;
const MOST_NODES = 2000;

type Typed = { readonly type: string; readonly properties?: Entity['properties'] };

/**
 * What a caller may do with something: of all actions that there are for it, those that `can` allows. It is the same
 * function of the same facts that answers a single question, so the two cannot disagree (R2).
 */
export async function searchActions(deps: AskingDeps, caller: Caller, { from, limit, ...asked }: Open<'action'>): Promise<Found<string>> {
  const resource = resourceIn(deps, asked, caller);
  const facts = await gatherFacts(deps, caller, resource);
  const known = (): readonly string[] => {
    if (resource.type === 'node') return [...actionsOf(deps.resourceKinds.find(resource.node.kind)).keys()];
    if (resource.type === 'context') return facts.context?.kind.methods.map(({ name }) => name) ?? [];
    return resource.type === 'user_data' ? deps.catalogue.permissions.map(({ name }) => name) : [];
  };
  const all = async () => ({ items: known(), next: undefined });
  return pick(all, from, limit, async (action) => can(caller.subject, action, resource, facts).allowed);
}

/** Who of the members, guests or apps may do it: who could at all, each asked about. */
export async function searchSubjects(
  deps: AskingDeps,
  { tenant, subject: { type, properties }, from, limit, ...asked }: Open<'subject'> & { tenant: TenantId; subject: Typed },
): Promise<Found<string>> {
  const resource = resourceIn(deps, { ...asked, subject: { properties } }, { tenant });
  return pick(subjectCandidates(deps, tenant, type, resource), from, limit, async (id) => {
    const subject = subjectOf({ type, id, properties }, asked.context);
    if (subject === undefined || subject.type === 'access_token') return false;
    return (await decideFor(deps, callerOf(deps, tenant, subject), asked.action.name, resource)).decision.allowed;
  });
}

/** What the caller may do it with. */
export async function searchResources(
  deps: AskingDeps,
  caller: Caller,
  { resource: { type, properties }, from, limit, ...asked }: Open<'resource'> & { resource: Typed },
): Promise<Found<string>> {
  const named = resourceIn(deps, { ...asked, resource: { type, id: '', properties } }, caller);
  // Those of an app that acts by itself may also hang on their owner, whom an evaluation reads.
  if (named.type === 'node' && named.owner === null) return nodesFor(deps, caller, { kind: type, action: asked.action.name, from, limit });
  const candidates = named.type === 'unknown' ? none : resourceCandidates(deps, caller, type);
  return pick(candidates, from, limit, async (id) => {
    const resource = resourceOf({ type, id, properties }, asked.context, deps.resourceKinds);
    return (await decideFor(deps, caller, asked.action.name, resource)).decision.allowed;
  });
}

/** Many at once: who calls is read once, and the chains of a whole chunk together. */
async function nodesFor(
  deps: AskingDeps,
  { subject, tenant, facts }: Caller,
  { kind: name, action, from, limit }: { kind: string; action: string; from: Position; limit: number },
): Promise<Found<string>> {
  const side = await facts();
  const kind = deps.resourceKinds.find(name);
  if (side.hindrance || !actionsOf(kind).has(action)) return { results: [], next: undefined };
  const user = userOf(subject);
  const candidates: Candidates<{ readonly node: ResourceRef; readonly chain: Chain | undefined }> = async (after) => {
    const { records, next } = await deps.store.scan(titlesQuery(tenant, name, '', { after, limit: NODES }));
    const nodes = records.map(({ value }) => refOf(value));
    const chains = await readChains(deps, tenant, nodes, user === null ? [] : [user]);
    return { items: nodes.map((node, place) => ({ node, chain: chains[place] })), next };
  };
  const test = async ({ node, chain }: { node: ResourceRef; chain: Chain | undefined }) =>
    can(subject, action, { type: 'node', node, owner: null }, factsWith(deps, side, factsOfNode(kind, chain, side))).allowed;
  const { results, next } = await pick(candidates, from, limit, test, MOST_NODES);
  return { results: results.map(({ node }) => node.id), next };
}

const scanned =
  <V, T extends string>(scan: (page: { after?: string; limit: number }) => Promise<Page<V>>, idOf: (value: V) => T | undefined): Candidates<T> =>
  async (after) => {
    const { records, next } = await scan({ ...(after !== undefined && { after }), limit: CHUNK });
    return { items: records.flatMap(({ value }) => idOf(value) ?? []), next };
  };

function subjectCandidates(deps: AskingDeps, tenant: TenantId, type: string, resource: Resource): Candidates<string> {
  if (type === 'app') return scanned((page) => standingInstallationsOf(deps, tenant, page), ({ app }) => app);
  if (resource.type === 'context' && (type === 'user' || type === 'guest')) {
    return scanned(
      (page) => contextMembers(deps, tenant, resource.context as ContextId, page),
      ({ person }) => ('user' in person ? (type === 'user' ? person.user : undefined) : type === 'guest' ? person.guest : undefined),
    );
  }
  if (type !== 'user') return none;
  if (resource.type === 'node') return holdersOn(deps, tenant, resource.node);
  if (resource.type !== 'user_data') return none;
  const { owner } = resource;
  return listed(async () => [...new Set([owner, ...(await everybody((page) => delegationsFrom(deps, tenant, owner, page), ({ receiver }) => receiver))])]);
}

/** Everybody who was given a right on the node or above it, each once: where they hold it nearest to the node. */
function holdersOn(deps: AskingDeps, tenant: TenantId, ref: ResourceRef): Candidates<UserId> {
  return async (after) => {
    const chain = await readChain(deps, tenant, ref);
    if (!chain || !isReachable(chain)) return none();
    const levels = chain.nodes.map(({ value }) => value);
    const sources = levels.map((level, place): Candidates<UserId> => async (from) => {
      const { records, next } = await deps.store.scan(rightsOnQuery(tenant, level, { after: from, limit: CHUNK }));
      const users = records.map(({ value }) => value.user);
      const { rights = [] } = (await readChain(deps, tenant, ref, users)) ?? {};
      const nearest = (user: UserId) => levels.findIndex(({ kind, id }) => rights.some(({ value }) => value.user === user && value.node.kind === kind && value.node.id === id));
      return { items: users.filter((user) => nearest(user) === place), next };
    });
    return inTurn(sources)(after);
  };
}

function resourceCandidates(deps: AskingDeps, { subject, tenant }: Caller, type: string): Candidates<string> {
  const user = userOf(subject);
  if (type === 'context') {
    return user === null
      ? scanned((page) => contextsOf(deps, tenant, { status: 'open', ...page }), ({ id }) => id)
      : scanned((page) => contextsWith(deps, tenant, user, page), ({ context }) => context);
  }
  if (type === 'user_data') {
    return user === null
      ? scanned((page) => membersOf(deps, tenant, page), (member) => member.user)
      : listed(async () => [...new Set([user, ...(await everybody((page) => delegationsTo(deps, tenant, user, page), ({ giver }) => giver))])]);
  }
  if (!deps.resourceKinds.find(type)) return none;
  return scanned((page) => resourcesOfKind(deps, tenant, { kind: type }, page), ({ id }) => id);
}

async function everybody(scan: (page: { after?: string; limit: number }) => Promise<Page<Delegation>>, whom: (delegation: Delegation) => UserId): Promise<UserId[]> {
  const found: UserId[] = [];
  let after: string | undefined;
  do {
    const page = await scan({ ...(after !== undefined && { after }), limit: 200 });
    found.push(...page.records.map(({ value }) => whom(value)));
    after = page.next;
  } while (after !== undefined);
  return found;
}
