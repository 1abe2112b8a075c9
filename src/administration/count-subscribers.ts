import { currentGrantsOfApp } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { defineKind, type Key, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { memberKey } from '#src/tenants/member-store.ts';

/** How many members have an app. What would take long to count is not counted while somebody waits. */
export interface Count {
  readonly count: number;
  /** There are more than these. */
  readonly more: boolean;
  /** For a count that was made earlier, in peace: when (ISO 8601). */
  readonly countedAt: string | null;
}

/** What the walk over all grants counted last (tidy-grants.ts). */
export interface SubscriberCount {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly generation: number;
  readonly subscribers: number;
  readonly sharing: number;
  readonly countedAt: string;
}

const SUBSCRIBER_COUNT = defineKind<SubscriberCount>('subscriber-count', { schema: 1 });

export const subscriberCountKey = (tenant: TenantId, app: AppId): Key<SubscriberCount> => ({
  shard: shardOf(tenant),
  kind: SUBSCRIBER_COUNT,
  id: JSON.stringify([tenant, app]),
});

/** Grants of one tenant that ended with the stay of who gave them are left out (xT6). */
export async function ofMembers({ store }: Deps, records: readonly StoredRecord<Grant>[]): Promise<StoredRecord<Grant>[]> {
  const members = await store.read(...records.map(({ value }) => memberKey(value.tenant, value.user)));
  return records.filter(({ value }, place) => members[place]?.value.membership === value.membership);
}

export type WhichGrants = Pick<Grant, 'tenant' | 'app' | 'generation'>;

/** Exactly, up to `most`; beyond it, what was counted last, if that was of this generation. */
export async function countSubscribers(deps: Deps, which: WhichGrants, { most, counted, sharing = false }: { most: number; counted?: SubscriberCount | undefined; sharing?: boolean }): Promise<Count> {
  const { records, next } = await currentGrantsOfApp(deps, which, { limit: most, sharing });
  const count = (await ofMembers(deps, records)).length;
  if (next === undefined) return { count, more: false, countedAt: null };
  const before = sharing ? counted?.sharing : counted?.subscribers;
  if (before === undefined || before <= count || counted?.generation !== which.generation) return { count, more: true, countedAt: null };
  return { count: before, more: false, countedAt: counted.countedAt };
}

const number = new Intl.NumberFormat('en');

const numberWords = (count: number): string => number.format(count);

/** `4`, `more than 20`, `about 100,000`. */
export const countWords = ({ count, more, countedAt }: Count): string => `${more ? 'more than ' : countedAt === null ? '' : 'about '}${numberWords(count)}`;

export const membersInWords = (count: Count): string =>
  count.count === 0 && !count.more ? 'nobody' : `${countWords(count)} ${count.count === 1 && !count.more ? 'member' : 'members'}`;
