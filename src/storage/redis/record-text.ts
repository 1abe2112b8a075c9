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

/** `undefined` when there is none or its time is over. Cuts by position: this is on the path of every request. */
export function decodeRecord<T>(key: Key<T>, text: string | null, now: number): StoredRecord<T> | undefined {
  if (text === null) return undefined;
  const version = text.indexOf(' ') + 1;
  const consumed = text.indexOf(' ', version) + 1;
  const expires = text.indexOf(' ', consumed) + 1;
  const schema = text.indexOf(' ', expires) + 1;
  const tenant = text.indexOf(' ', schema) + 1;
  const end = text.indexOf(SEPARATOR, tenant);
  const expiresAt = timeIn(text, expires, schema);
  if (expiresAt !== null && expiresAt <= now) return undefined;
  return {
    key,
    value: JSON.parse(text.slice((text.startsWith('0 ') ? end : text.lastIndexOf(SEPARATOR)) + 1)) as T,
    version: Number(text.slice(version, consumed)),
    tenant: text[tenant] === '-' ? null : fromStoredText(text.slice(tenant + 1, end)),
    expiresAt,
    consumedAt: timeIn(text, consumed, expires),
  };
}

const timeIn = (text: string, from: number, to: number): number | null => (text[from] === '-' ? null : Number(text.slice(from, to)));

/** Whether a record is listed under the index member, as it is now. */
export const isListed = (text: string | null, member: string): boolean =>
  text !== null && text.includes(SEPARATOR + member + SEPARATOR);
