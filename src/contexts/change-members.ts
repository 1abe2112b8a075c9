import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { ContextId, TenantId } from '#src/ids.ts';
import { commitAnew } from '#src/storage/change-record.ts';
import { endRecord } from '#src/storage/revoke.ts';
import { unchanged, type Expectation, type StoredRecord } from '#src/storage/record-store.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { OWNER, type ContextKind } from './context-kind.ts';
import type { Context } from './context.ts';
import { roleOf } from './context-facts.ts';
import { contextMemberKey, type Person } from './context-records.ts';
import { contextMembersWithRole, readContext, type ContextDeps } from './context-store.ts';
import { checkRoles, membersOfTenant, placesFor, type Placing } from './placing.ts';

/** Owners that are looked at together. */
const OWNERS = 20;

type Where = { readonly tenant: TenantId; readonly context: ContextId };

/** Lets people in, or gives them another role; all of them in one commit. Durable where somebody was there, since a role may have been taken. */
export async function putMembers(
  deps: ContextDeps,
  { tenant, context: id, people, pointer }: Where & { people: readonly Placing[]; pointer?: (place: number) => string },
  actor: Actor,
): Promise<void> {
  await commitAnew(deps.store, async () => {
    const { record, kind } = await openOne(deps, { tenant, context: id });
    checkRoles(kind, people, pointer);
    const stays = await membersOfTenant(deps, tenant, people);
    const before = await deps.store.read(...people.map((person) => contextMemberKey(tenant, id, person)));
    const { expect, write, events } = placesFor(record.value, people, { before, stays, actor, now: deps.clock() });
    const losing = people.filter(({ role }, place) => before[place]?.value.role === OWNER && role !== OWNER);
    const stillOwned = people.some(({ role }) => role === OWNER) ? [] : await anotherOwner(deps, { tenant, context: id }, losing);
    const change = { shard: record.key.shard, expect: [unchanged(record), ...stillOwned, ...expect], write, events, durable: before.some(Boolean) };
    return { change, result: undefined };
  });
}

/** Durable. `true` when this call took the person out. */
export async function removeMember(deps: Deps, { tenant, context, person }: Where & { person: Person }, actor: Actor): Promise<boolean> {
  if (!(await readContext(deps, tenant, context))) throw new AppError('not_found');
  return endRecord(deps.store, contextMemberKey(tenant, context, person), undefined, async ({ value: { role } }) => ({
    expect: role === OWNER ? await anotherOwner(deps, { tenant, context }, [person]) : [],
    events: [happened({ type: 'context.member_left', tenant, context, ...person, role }, { actor, now: deps.clock() })],
  }));
}

async function openOne(deps: ContextDeps, { tenant, context }: Where): Promise<{ record: StoredRecord<Context>; kind: ContextKind }> {
  const record = await readContext(deps, tenant, context);
  const kind = record && deps.contextKinds.find(record.value.kind);
  if (!record || !kind) throw new AppError('not_found');
  if (record.value.status === 'ended') throw new AppError('conflict', { detail: 'This is over: nobody joins or changes roles any more.' });
  return { record, kind };
}

/** What has to be so in the commit that takes owners away: another one, exactly as read here, and still in the tenant (xT6). */
async function anotherOwner(deps: Deps, { tenant, context }: Where, losing: readonly Person[]): Promise<Expectation[]> {
  if (losing.length === 0) return [];
  const leaving = losing.map((person) => contextMemberKey(tenant, context, person).id);
  let after: string | undefined;
  do {
    const owners = await contextMembersWithRole(deps, { tenant, context, role: OWNER }, { limit: losing.length + OWNERS, after });
    const others = owners.records.flatMap((place) => ('user' in place.value.person && !leaving.includes(place.key.id) ? [{ place, user: place.value.person.user }] : []));
    const members = await deps.store.read(...others.map(({ user }) => memberKey(tenant, user)));
    const found = others.findIndex(({ place }, at) => roleOf(place.value, members[at]?.value) !== null);
    const [other, member] = [others[found], members[found]];
    if (other && member) return [unchanged(other.place), unchanged(member)];
    after = owners.next;
  } while (after !== undefined);
  throw new AppError('conflict', { detail: `There is always an ${OWNER}. Make somebody else ${OWNER} first.` });
}
