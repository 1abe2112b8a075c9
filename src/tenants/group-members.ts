import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { GroupId, TenantId, UserId } from '#src/ids.ts';
import { changeRecord } from '#src/storage/change-record.ts';
import { present, type Page } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';

import { groupKey } from './group-store.ts';
import type { Member } from './member.ts';
import { MEMBER, memberKey } from './member-records.ts';

const MOST_GROUPS_OF_A_MEMBER = 100;

interface Place {
  readonly tenant: TenantId;
  readonly group: GroupId;
  readonly user: UserId;
}

/** Those of the member's groups that there still are. Reads nothing for a member of none. */
export async function liveGroupsOf({ store }: Deps, { tenant, groups }: Pick<Member, 'tenant' | 'groups'>): Promise<GroupId[]> {
  if (groups.length === 0) return [];
  const records = await store.read(...groups.map((id) => groupKey(tenant, id)));
  return groups.filter((_, place) => records[place] !== undefined);
}

/** The member as decisions about groups have to see them: a group that was removed counts for nothing. */
export const withLiveGroups = async (deps: Deps, member: Member): Promise<Member> =>
  member.groups.length === 0 ? member : { ...member, groups: await liveGroupsOf(deps, member) };

export const groupMembers = (
  { store }: Deps,
  tenant: TenantId,
  group: GroupId,
  page: { after?: string | undefined; limit: number },
): Promise<Page<Member>> =>
  store.scan({ shard: shardOf(tenant), kind: MEMBER, index: 'group', of: JSON.stringify([tenant, group]), ...page });

/** Put in twice, it is written twice, so that the second answer is as certain. */
export async function putInGroup(deps: Deps, { tenant, group, user }: Place, actor: Actor): Promise<Member> {
  return changeRecord(deps.store, memberKey(tenant, user), undefined, async ({ value: member }) => {
    const [groupRecord] = await deps.store.read(groupKey(tenant, group));
    if (!groupRecord) throw new AppError('not_found');
    const isIn = member.groups.includes(group);
    const groups = isIn ? member.groups : [...(await liveGroupsOf(deps, member)), group];
    if (groups.length > MOST_GROUPS_OF_A_MEMBER) {
      throw new AppError('conflict', { detail: `A member can be in at most ${MOST_GROUPS_OF_A_MEMBER} groups.` });
    }
    return {
      value: { ...member, groups },
      expect: [present(groupRecord.key)],
      events: isIn ? [] : [happened({ type: 'group.member_added', tenant, group, user }, { actor, now: deps.clock() })],
    };
  });
}

/** Durable, since what the group was let do ends with it. `true` when this call took the member out. */
export async function takeOutOfGroup(deps: Deps, { tenant, group, user }: Place, actor: Actor): Promise<boolean> {
  const [groupRecord] = await deps.store.read(groupKey(tenant, group));
  if (!groupRecord) throw new AppError('not_found');
  let wasIn = false;
  await changeStanding(deps.store, memberKey(tenant, user), undefined, ({ value: member }) => {
    wasIn = member.groups.includes(group);
    return {
      value: { ...member, groups: member.groups.filter((each) => each !== group) },
      events: wasIn ? [happened({ type: 'group.member_removed', tenant, group, user }, { actor, now: deps.clock() })] : [],
    };
  });
  return wasIn;
}
