import { grantStands } from '#src/consent/effective-permissions.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import { GUEST, OWNER } from '#src/contexts/context-kind.ts';
import { contextKey, contextMemberKey } from '#src/contexts/context-records.ts';
import { contextMembersWithRole } from '#src/contexts/context-store.ts';
import { AppError } from '#src/errors.ts';
import { happened } from '#src/events.ts';
import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import { asRead, defineKind, present, put, type Expectation, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { isActive } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import type { LaunchDeps } from './launch-facts.ts';
import { launchPath } from './launch-path.ts';
import type { Started } from './start.ts';

/** When somebody invited, in the last hour, in one context. */
const INVITATIONS = defineKind<{ readonly at: readonly number[] }>('context-invitations', { schema: 1 });

const HOUR_MS = 3_600_000;
const MOST_IN_AN_HOUR = 10;
const MOST_OWNERS = 20;

export interface Invitation {
  /** How many people were invited. */
  readonly invited: number;
  /** Installs the app for whoever runs the context, and leads back into it. It opens nothing for anybody else. */
  readonly link: string;
}

/**
 * Somebody in a context asks who runs it to use the app too (R6). Each owner who does not use it yet gets a mail, whether
 * or not they are there now. Only counted when somebody was invited.
 */
export async function inviteOwner(deps: LaunchDeps, { tenant, app, person, facts }: Started): Promise<Invitation> {
  const { context, role } = facts.place;
  if ('guest' in person || role === GUEST) throw new AppError('role_not_permitted', { detail: 'A guest cannot invite anybody.' });
  const owners = (await ownersWithout(deps, { tenant, context: context.id }, facts)).filter((user) => user !== person.user);
  if (owners.length === 0) throw new AppError('conflict', { detail: 'Whoever runs this uses the app already.' });
  const count = await countInvitation(deps, { tenant, context: context.id, user: person.user });
  const result = await deps.store.commit({
    shard: shardOf(tenant),
    expect: [present(contextKey(tenant, context.id)), present(contextMemberKey(tenant, context.id, person)), ...count.expect],
    write: count.write,
    events: [happened({ type: 'context.owner_invited', tenant, context: context.id, app, user: person.user, owners }, { actor: { kind: 'user', id: person.user }, now: deps.clock() })],
  });
  if (!result.ok) throw new AppError('conflict', { detail: 'Too many changes at once. Try again.' });
  const link = new URL(launchPath({ app, tenant, context: context.id, resource: null, redirectUri: null }), deps.issuer).href;
  return { invited: owners.length, link };
}

/** Those who run it, are members still, and have not connected the app. */
async function ownersWithout(deps: LaunchDeps, where: { tenant: TenantId; context: ContextId }, { standing }: Started['facts']): Promise<UserId[]> {
  const { tenant } = where;
  const { records } = await contextMembersWithRole(deps, { ...where, role: OWNER }, { limit: MOST_OWNERS });
  const people = records.flatMap(({ value: { person } }) => ('user' in person ? [person] : []));
  const [members, grants] = await Promise.all([
    deps.store.read(...people.map(({ user }) => memberKey(tenant, user))),
    deps.store.read(...people.map(({ user }) => grantKey(tenant, user, standing.app.app.id))),
  ]);
  return people.flatMap(({ user, membership }, place) => {
    const [member, grant] = [members[place]?.value, grants[place]?.value];
    const isThere = isActive(member) && member.membership === membership;
    return isThere && !(grant && grantStands(grant, member, standing.app)) ? [user] : [];
  });
}

/** Counted in the commit that invites: two at once are two. */
async function countInvitation(
  deps: LaunchDeps,
  { tenant, context, user }: { tenant: TenantId; context: ContextId; user: UserId },
): Promise<{ readonly expect: readonly Expectation[]; readonly write: readonly Write[] }> {
  const key = { shard: shardOf(tenant), kind: INVITATIONS, id: JSON.stringify([tenant, context, user]) };
  const [record] = await deps.store.read(key);
  const now = deps.clock();
  const lately = record?.value.at.filter((time) => time > now - HOUR_MS) ?? [];
  if (lately.length >= MOST_IN_AN_HOUR) {
    const seconds = Math.ceil(((lately[0] ?? now) + HOUR_MS - now) / 1000);
    throw new AppError('too_many_requests', { detail: `You invited ${MOST_IN_AN_HOUR} times in the last hour. Try again later.`, headers: { 'retry-after': String(seconds) } });
  }
  return { expect: [asRead(key, record)], write: [put(key, { at: [...lately, now] }, { tenant, expiresAt: now + HOUR_MS })] };
}
