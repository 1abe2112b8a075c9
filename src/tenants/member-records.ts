import type { Deps } from '#src/deps.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Member } from './member.ts';

export const MEMBER = defineKind<Member>('member', {
  schema: 1,
  indexes: (member) => [
    { index: 'tenant', of: member.tenant, sort: `${member.joinedAt} ${member.user}` },
    { index: 'role', of: member.tenant, sort: `${member.role}/${member.status}/${member.user}` },
    ...member.groups.map((group) => ({ index: 'group', of: JSON.stringify([member.tenant, group]), sort: member.user })),
  ],
});

/** That a user was once to become a member of a tenant: the place to look. The member record alone says who is one. */
export const USER_TENANT = defineKind<{ readonly user: UserId; readonly tenant: TenantId }>('user-tenant', {
  schema: 1,
  indexes: (hint) => [{ index: 'user', of: hint.user, sort: hint.tenant }],
});

export const memberKey = (tenant: TenantId, user: UserId): Key<Member> => ({
  shard: shardOf(tenant),
  kind: MEMBER,
  id: JSON.stringify([tenant, user]),
});

export const userTenantKey = (user: UserId, tenant: TenantId) => ({
  shard: shardOf(user),
  kind: USER_TENANT,
  id: JSON.stringify([user, tenant]),
});

export async function readMember({ store }: Deps, tenant: TenantId, user: UserId): Promise<StoredRecord<Member> | undefined> {
  const [record] = await store.read(memberKey(tenant, user));
  return record;
}

export const membersWithRole = (
  { store }: Deps,
  tenant: TenantId,
  role: string,
  page: { status?: Member['status']; after?: string; limit: number },
): Promise<Page<Member>> =>
  store.scan({
    shard: shardOf(tenant),
    kind: MEMBER,
    index: 'role',
    of: tenant,
    prefix: page.status === undefined ? `${role}/` : `${role}/${page.status}/`,
    after: page.after,
    limit: page.limit,
  });
