import { contextFacts } from '#src/contexts/context-facts.ts';
import { contextKey, contextMemberKey } from '#src/contexts/context-records.ts';
import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import { isWithinDataRange } from '#src/installations/installation.ts';
import { isReachable, rightOfMember, type Chain } from '#src/resources/chain.ts';
import { readChain } from '#src/resources/read-chains.ts';
import type { ResourceKind } from '#src/resources/resource-kind.ts';
import { nodeRefOf } from '#src/resources/resource.ts';
import type { Delegation } from '#src/tenants/delegation.ts';
import { isLive } from '#src/tenants/delegation.ts';
import { DELEGATION } from '#src/tenants/delegation-records.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import { userKey } from '#src/tenants/user-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Facts } from './can.ts';
import { userOf, type Resource, type Subject } from './decision.ts';
import { actionsOf } from './resource-actions.ts';
import type { DecisionDeps, SubjectFacts } from './subject-facts.ts';

type ResourceFacts = Pick<Facts, 'node' | 'rights' | 'context' | 'owner'>;
/** What was read of a resource, made into facts once it is known who asks. */
type Known = (subject: SubjectFacts) => ResourceFacts | Promise<ResourceFacts>;

const DELEGATIONS = 200;

/** Reads what the call is about: in parallel with who calls, in two round trips at most. */
export function readResource(deps: DecisionDeps, tenant: TenantId, subject: Subject, resource: Resource): Promise<Known> {
  if (resource.type === 'node') return readNode(deps, tenant, subject, resource);
  if (resource.type === 'context') return readContext(deps, tenant, subject, resource.context as ContextId);
  if (resource.type === 'user_data') return readOwner(deps, tenant, subject, resource.owner);
  return Promise.resolve(() => ({}));
}

async function readNode(deps: DecisionDeps, tenant: TenantId, subject: Subject, { node, owner }: Resource & { type: 'node' }): Promise<Known> {
  const user = userOf(subject);
  const kind = deps.resourceKinds.find(node.kind);
  const [chain, ofOwner] = await Promise.all([
    kind && readChain(deps, tenant, node, user === null ? [] : [user]),
    owner !== null && subject.type === 'app' ? readOwner(deps, tenant, subject, owner) : undefined,
  ]);
  return async (side) => ({ ...factsOfNode(kind, chain, side), ...(ofOwner && (await ofOwner(side))) });
}

export function factsOfNode(kind: ResourceKind | undefined, chain: Chain | undefined, { member }: SubjectFacts): ResourceFacts {
  const rights = actionsOf(kind);
  if (!chain || !isReachable(chain)) return { rights };
  const held = member ? (rightOfMember(chain, member) ?? null) : null;
  return { rights, node: { chain: chain.nodes.map(({ value }) => ({ ...nodeRefOf(value), template: value.template })), held } };
}

async function readContext(deps: DecisionDeps, tenant: TenantId, subject: Subject, id: ContextId): Promise<Known> {
  const user = userOf(subject);
  const person = user === null ? { guest: 'guest' in subject ? subject.guest : '' } : { user };
  const [context, place] = await deps.store.read(contextKey(tenant, id), contextMemberKey(tenant, id, person));
  return ({ member }) => {
    const facts = contextFacts(deps, { context: context?.value, place: place?.value, member });
    return facts ? { context: { kind: facts.kind, ended: facts.context.status === 'ended', role: facts.role } } : {};
  };
}

/** Whose data it is: for an app by itself whether it is within reach, for everybody else what they were let do with it. */
async function readOwner(deps: DecisionDeps, tenant: TenantId, subject: Subject, owner: UserId): Promise<Known> {
  const user = userOf(subject);
  if (user === null) {
    const [member] = await deps.store.read(memberKey(tenant, owner));
    return async ({ dataRange }) => {
      if (!dataRange || !member) return { owner: { inDataRange: false, delegated: [] } };
      const present = dataRange.kind === 'some' ? await withLiveGroups(deps, member.value) : member.value;
      return { owner: { inDataRange: isWithinDataRange(dataRange, present), delegated: [] } };
    };
  }
  if (user === owner) return () => ({});
  const [person, giver, delegations] = await Promise.all([
    deps.store.read(userKey(owner)),
    deps.store.read(memberKey(tenant, owner)),
    delegationsBetween(deps, tenant, { giver: owner, receiver: user }),
  ]);
  return ({ member }) => {
    const live = person[0]?.value.status === 'active' ? delegations.filter((each) => isLive(each, giver[0]?.value, member)) : [];
    return { owner: { inDataRange: false, delegated: live.flatMap(({ permissions }) => permissions) } };
  };
}

async function delegationsBetween(
  { store }: DecisionDeps,
  tenant: TenantId,
  { giver, receiver }: { giver: UserId; receiver: UserId },
): Promise<Delegation[]> {
  const found: Delegation[] = [];
  let after: string | undefined;
  do {
    const page = await store.scan({ shard: shardOf(tenant), kind: DELEGATION, index: 'receiver', of: JSON.stringify([tenant, receiver]), after, limit: DELEGATIONS });
    found.push(...page.records.map(({ value }) => value).filter((each) => each.giver === giver));
    after = page.next;
  } while (after !== undefined);
  return found;
}
