import type { PreparedPut } from '../prepared-change.ts';
import type { Key, StoredRecord } from '../record-store.ts';
import { fromStoredText, toStoredText } from '../stored-text.ts';
import { indexMember } from './keys.ts';

/**
 * A record is one string: a header of words, its index entries, its value as JSON (see scripts/commit.lua). The
 * parts are separated by U+0002, which neither JSON nor stored text can hold.
 */
const SEPARATOR = '\x02';

/** The record without its version and time of consumption, which the script puts in front. */
export function encodeRecord({ key, json, tenant, expiresAt, entries }: PreparedPut): string {
  let text = `${expiresAt ?? '-'} ${key.kind.schema} ${entries.length} ${tenant === null ? '-' : `=${toStoredText(tenant)}`}${SEPARATOR}`;
  if (entries.length > 0) {
    const id = toStoredText(key.id);
    for (const { index, of, sort } of entries) text += indexMember(key.kind.name, index, of, sort, id) + SEPARATOR;
  }
  return text + json;
}

/** `undefined` when there is none or its time is over. */
export function decodeRecord<T>(key: Key<T>, text: string | null, now: number): StoredRecord<T> | undefined {
  if (text === null) return undefined;
  const end = text.indexOf(SEPARATOR);
  const [version, consumedAt, expiresAt, , entries, ...tenant] = text.slice(0, end).split(' ') as [string, string, string, string, string, ...string[]];
  const expiry = expiresAt === '-' ? null : Number(expiresAt);
  if (expiry !== null && expiry <= now) return undefined;
  const json = text.slice((entries === '0' ? end : text.lastIndexOf(SEPARATOR)) + 1);
  return {
    key,
    value: JSON.parse(json) as T,
    version: Number(version),
    tenant: tenant[0] === '-' ? null : fromStoredText(tenant.join(' ').slice(1)),
    expiresAt: expiry,
    consumedAt: consumedAt === '-' ? null : Number(consumedAt),
  };
}

/** Whether a record is listed under the index member, as it is now. */
export const isListed = (text: string | null, member: string): boolean =>
  text !== null && text.includes(SEPARATOR + member + SEPARATOR);
