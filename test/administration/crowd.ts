import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { grantChange } from '#src/consent/grant-store.ts';
import type { Deps } from '#src/deps.ts';
import { newId, type AppId, type TenantId, type UserId } from '#src/ids.ts';
import { put, type RecordStore, type Shard, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { noteMemberName } from '#src/tenants/member-names.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Member } from '#src/tenants/member.ts';
import type { User } from '#src/tenants/user.ts';
import { userKey } from '#src/tenants/user-store.ts';

const FIRST = ['Alma', 'Bruno', 'Cleo', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo'];
const AT_ONCE = 400;

export const crowdId = (place: number): UserId => `usr_crowd${place}` as UserId;

/** Many people who are members and gave an app a grant, as ordinary use would have left them, but many in a commit. */
export async function seedCrowd(deps: Deps, { tenant, app, from = 0, count }: { tenant: TenantId; app: AppId; from?: number; count: number }): Promise<void> {
  const generation = generationOf((await readApprovalFacts(deps, tenant, app)).approval);
  const here: Write[] = [];
  const elsewhere = new Map<Shard, Write[]>();
  for (let place = from; place < from + count; place += 1) {
    const user = crowdId(place);
    const at = new Date(deps.clock() - place).toISOString();
    const person: User = { id: user, name: `${FIRST[place % FIRST.length]} Face${place}`, email: `face${place}@crowd.example`, status: 'active', passwordHash: null, sessionsValidFrom: 0, createdAt: at };
    const member: Member = { tenant, user, membership: newId('membership'), role: 'member', status: 'active', groups: [], joinedAt: at };
    const { write } = grantChange(
      { tenant, permissions: ['openid', 'meetings:read'], sharedAccess: place % 10 === 0, basis: { membership: member.membership, grantSlot: null } },
      { before: undefined, user, app, asked: [], generation, now: deps.clock() - place },
    );
    here.push(put(memberKey(tenant, user), member, { tenant }), noteMemberName(tenant, person), ...write);
    const shard = shardOf(user);
    elsewhere.set(shard, [...(elsewhere.get(shard) ?? []), put(userKey(user), person, { tenant: null })]);
  }
  for (let first = 0; first < here.length; first += AT_ONCE) await deps.store.commit({ shard: shardOf(tenant), write: here.slice(first, first + AT_ONCE) });
  await Promise.all([...elsewhere].map(([shard, write]) => deps.store.commit({ shard, write })));
}

/** The same store, which counts the records that it reads. */
export function countingStore(store: RecordStore): { store: RecordStore; take(): number } {
  let count = 0;
  return {
    store: {
      ...store,
      read: (...keys) => ((count += keys.length), store.read(...keys)),
      async scan(query) {
        const page = await store.scan(query);
        count += page.records.length + 1;
        return page;
      },
    },
    take: () => {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
