import type { IndexQuery, Key, Shard } from '../record-store.ts';
import { positionAfter } from '../scan-position.ts';
import { afterPrefix, fromStoredText, toStoredText } from '../stored-text.ts';

/**
 * Names of Redis keys. The shard is the hash tag, so one commit is one slot. The names of the shard's own keys begin
 * with a colon after it, records with the name of their kind, which has none, so nothing collides whatever the id is.
 */
export const recordKey = ({ shard, kind, id }: Key<any>): string => `{s${shard}}${kind.name}:${toStoredText(id)}`;
export const counterKey = (shard: Shard): string => `{s${shard}}:counter`;
export const logKey = (shard: Shard): string => `{s${shard}}:log`;
/** Sorted set of the positions of the events that stand in one trail. */
export const trailKey = (shard: Shard, storedName: string): string => `{s${shard}}:trail:${storedName}`;
export const indexKey = (shard: Shard): string => `{s${shard}}:index`;
export const expiryKey = (shard: Shard): string => `{s${shard}}:expiry`;
export const checkKey = (shard: Shard): string => `{s${shard}}:check`;

/**
 * All index entries of a shard are members of one sorted set, ordered by their bytes:
 * kind, index, of, sort, id, with a NUL between. Escaped parts hold no NUL, so parts order before what follows them.
 */
export const indexMember = (kind: string, index: string, of: string, sort: string, id: string): string =>
  `${kind}\0${index}\0${of}\0${sort}\0${id}`;

export interface MemberRange {
  /** Bounds as ZRANGE … BYLEX takes them. */
  readonly least: string;
  readonly greatest: string;
  /** What every member of the partition begins with. */
  readonly partition: string;
}

export function memberRange(query: IndexQuery<unknown>): MemberRange {
  const list = `${query.kind.name}\0${query.index}\0${toStoredText(query.of)}`;
  const partition = `${list}\0`;
  const prefix = toStoredText(query.prefix ?? '');
  const end = afterPrefix(prefix);
  const least = `[${partition}${prefix}`;
  const greatest = end === undefined ? `(${list}\x01` : `(${partition}${end}`;
  const after = positionAfter(query);
  if (after === undefined) return { least, greatest, partition };
  const last = `(${partition}${toStoredText(after.sort)}\0${toStoredText(after.id)}`;
  return query.direction === 'descending' ? { least, greatest: last, partition } : { least: last, greatest, partition };
}

/** The sort key and the id in a member of the partition. */
export function memberPosition(member: string, partition: string): { sort: string; id: string } {
  const between = member.indexOf('\0', partition.length);
  return { sort: fromStoredText(member.slice(partition.length, between)), id: fromStoredText(member.slice(between + 1)) };
}
