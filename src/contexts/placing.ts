import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor, type AssentEvent } from '#src/events.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { asRead, put, unchanged, type Expectation, type StoredRecord, type Write } from '#src/storage/record-store.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { GUEST, hasRole, type ContextKind } from './context-kind.ts';
import type { Context, ContextMember } from './context.ts';
import { contextMemberKey, type Person } from './context-records.ts';

/** Somebody and the role that they are to have. */
export type Placing = Person & { readonly role: string };

/** A role that the kind has, and for who comes from outside the role `guest`. Throws `invalid_request`. */
export function checkRoles(kind: ContextKind, people: readonly Placing[], pointer = (place: number) => `/members/${place}/role`): void {
  const fields = people.flatMap((person, place) => {
    if (!hasRole(kind, person.role)) return [{ pointer: pointer(place), detail: `A ${kind.name} has the roles ${kind.roles.map(({ name }) => name).join(', ')}.` }];
    if ('guest' in person && person.role !== GUEST) return [{ pointer: pointer(place), detail: `Who is no member of the tenant is ${GUEST}.` }];
    return [];
  });
  const names = people.map((person) => JSON.stringify('user' in person ? [person.user] : { guest: person.guest }));
  const again = names.findIndex((name, place) => names.indexOf(name) !== place);
  if (again >= 0) fields.push({ pointer: pointer(again), detail: 'The same person stands here twice.' });
  if (fields.length > 0) throw new AppError('invalid_request', { fields: fields.slice(0, 20) });
}

/** The present stay of each, in one round trip. Who is no active member of the tenant is answered as unknown. */
export async function membersOfTenant({ store }: Deps, tenant: TenantId, people: readonly Person[]): Promise<Map<UserId, StoredRecord<Member>>> {
  const users = people.flatMap((person) => ('user' in person ? [person.user] : []));
  const records = users.length === 0 ? [] : await store.read(...users.map((user) => memberKey(tenant, user)));
  const found = new Map<UserId, StoredRecord<Member>>();
  for (const [place, user] of users.entries()) {
    const record = records[place];
    if (!record || !isActive(record.value)) throw new AppError('not_found');
    found.set(user, record);
  }
  return found;
}

export interface Places {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events: readonly AssentEvent[];
}

/** What puts these people where they are to be. Who has the role already is written again, so that the answer is as certain. */
export function placesFor(
  { tenant, id: context }: Context,
  people: readonly Placing[],
  facts: {
    readonly before: readonly (StoredRecord<ContextMember> | undefined)[];
    readonly stays: ReadonlyMap<UserId, StoredRecord<Member>>;
    readonly actor: Actor;
    readonly now: number;
  },
): Places {
  const expect: Expectation[] = [];
  const write: Write[] = [];
  const events: AssentEvent[] = [];
  for (const [place, { role, ...who }] of people.entries()) {
    const key = contextMemberKey(tenant, context, who);
    const record = facts.before[place];
    const stay = 'user' in who ? facts.stays.get(who.user) : undefined;
    if (stay) expect.push(unchanged(stay));
    const person = 'user' in who ? { user: who.user, membership: stay!.value.membership } : who;
    // A place from an earlier stay in the tenant counts for nothing: this is somebody who comes in.
    const before = record && sameStay(record.value.person, person) ? record.value : undefined;
    expect.push(asRead(key, record));
    write.push(put(key, { tenant, context, person, role, joinedAt: before?.joinedAt ?? new Date(facts.now).toISOString() }, { tenant }));
    if (!before) events.push(happened({ type: 'context.member_joined', tenant, context, ...who, role }, facts));
    else if (before.role !== role) events.push(happened({ type: 'context.role_changed', tenant, context, ...who, role, before: before.role }, facts));
  }
  return { expect, write, events };
}

const sameStay = (a: ContextMember['person'], b: ContextMember['person']): boolean =>
  ('membership' in a ? a.membership : undefined) === ('membership' in b ? b.membership : undefined);
