import type { Change, IndexEntry, Key, LogEvent } from './record-store.ts';
import { toStoredText } from './stored-text.ts';

/**
 * A change that can no longer fail for a reason of its own: every key is in the shard, every value is JSON text.
 * Engines take nothing else, so that one bad change cannot spoil a batch.
 */
export interface PreparedChange {
  readonly change: Change;
  readonly writes: readonly PreparedWrite[];
  readonly events: readonly PreparedEvent[];
}

export interface PreparedEvent {
  readonly json: string;
  /** As stored text. */
  readonly trails: readonly string[];
}

export interface PreparedPut {
  readonly do: 'put';
  readonly key: Key;
  readonly json: string;
  readonly tenant: string | null;
  readonly expiresAt: number | null;
  /** With `of` and `sort` as stored text. */
  readonly entries: readonly IndexEntry[];
}

export type PreparedWrite = PreparedPut | { readonly do: 'consume'; readonly key: Key } | { readonly do: 'remove'; readonly key: Key };

export function prepareChange(change: Change, now: number): PreparedChange {
  const writes: PreparedWrite[] = [];
  for (const { key } of change.expect ?? []) mustBeIn(change, key);
  for (const write of change.write) {
    const { key } = write;
    mustBeIn(change, key);
    if (write.do !== 'put') {
      writes.push(write);
    } else if (write.expiresAt !== null && write.expiresAt <= now) {
      // Already over: for every reader it is absent, so what stood there goes.
      writes.push({ do: 'remove', key });
    } else {
      const json = JSON.stringify(write.value) as string | undefined;
      if (json === undefined) throw new TypeError(`The value of ${key.kind.name} is not JSON.`);
      const { tenant, expiresAt } = write;
      if (expiresAt !== null && !Number.isSafeInteger(expiresAt)) throw new TypeError(`expiresAt of ${key.kind.name} is not a whole number of milliseconds.`);
      writes.push({ do: 'put', key, json, tenant, expiresAt, entries: storedEntries(key, write.value) });
    }
  }
  return { change, writes, events: change.events?.map(storedEvent) ?? [] };
}

const storedEvent = ({ trails = [], ...event }: LogEvent): PreparedEvent => ({ json: JSON.stringify(event), trails: [...new Set(trails.map(toStoredText))] });

function storedEntries(key: Key, value: unknown): readonly IndexEntry[] {
  const entries = key.kind.indexes(value, key.id);
  if (entries.length === 0) return entries;
  return entries.map(({ index, of, sort }) => ({ index, of: toStoredText(of), sort: toStoredText(sort) }));
}

function mustBeIn(change: Change, key: Key): void {
  if (key.shard !== change.shard) {
    throw new TypeError(`A commit in shard ${change.shard} names a ${key.kind.name} of shard ${key.shard}.`);
  }
}
