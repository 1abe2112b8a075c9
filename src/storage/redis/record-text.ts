import type { PreparedPut } from '../prepared-change.ts';
import type { Key, StoredRecord } from '../record-store.ts';
import { fromStoredText, toStoredText } from '../stored-text.ts';
import { indexMember } from './keys.ts';

/**
 * A record is one string: words, its index entries, its value as JSON (see scripts/commit.lua). The parts are
 * separated by U+0002, which neither JSON nor stored text can hold.
 */
const SEPARATOR = '\x02';

export const encodeHead = ({ key, tenant, expiresAt }: PreparedPut): string =>
  `${expiresAt ?? '-'} ${key.kind.schema} ${tenant === null ? '-' : `=${toStoredText(tenant)}`}`;

export function encodeEntries({ key, entries }: PreparedPut): string {
  const id = toStoredText(key.id);
  let text = '';
  for (const { index, of, sort } of entries) text += SEPARATOR + indexMember(key.kind.name, index, of, sort, id);
  return text;
}

/** `undefined` when there is none or its time is over. */
export function decodeRecord<T>(key: Key<T>, text: string | null, now: number): StoredRecord<T> | undefined {
  if (text === null) return undefined;
  const end = text.indexOf(SEPARATOR);
  const [count, version, consumedAt, expiresAt, , ...tenant] = text.slice(0, end).split(' ') as [string, string, string, string, string, ...string[]];
  const expiry = expiresAt === '-' ? null : Number(expiresAt);
  if (expiry !== null && expiry <= now) return undefined;
  return {
    key,
    value: JSON.parse(text.slice((count === '0' ? end : text.lastIndexOf(SEPARATOR)) + 1)) as T,
    version: Number(version),
    tenant: tenant[0] === '-' ? null : fromStoredText(tenant.join(' ').slice(1)),
    expiresAt: expiry,
    consumedAt: consumedAt === '-' ? null : Number(consumedAt),
  };
}

/** Whether a record is listed under the index member, as it is now. */
export const isListed = (text: string | null, member: string): boolean =>
  text !== null && text.includes(SEPARATOR + member + SEPARATOR);
