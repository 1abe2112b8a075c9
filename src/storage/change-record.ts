import { AppError } from '#src/errors.ts';

import { put, unchanged, type Change, type Expectation, type Key, type LogEvent, type RecordStore, type StoredRecord, type Write } from './record-store.ts';

/** The next value of one record, and what else belongs to the same commit. */
export interface NextValue<T> {
  readonly value: T;
  readonly expect?: readonly Expectation[];
  readonly write?: readonly Write[];
  readonly events: readonly LogEvent[];
  /** As it was, unless given. */
  readonly expiresAt?: number | null;
}

/** Each round lost is a round that somebody else won, so this many changes of one record at once all succeed. */
const ROUNDS = 32;

/**
 * Read, decide, commit if it is still as it was read, else begin anew: `decide` always sees what it changes.
 * `decide` answers `undefined` when there is nothing to change. With `ifVersion` only that version is changed. For what
 * takes nothing from anybody and may be done once more after a crash; for all else there is `revoke.ts`.
 */
export async function changeRecord<T>(
  store: RecordStore,
  key: Key<T>,
  ifVersion: number | undefined,
  decide: (record: StoredRecord<T>) => NextValue<T> | undefined | Promise<NextValue<T> | undefined>,
): Promise<T> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [record] = await store.read(key);
    if (!record) throw new AppError('not_found');
    if (ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
    const next = await decide(record);
    if (!next) return record.value;
    const { expiresAt = record.expiresAt } = next;
    const result = await store.commit({
      shard: key.shard,
      expect: [unchanged(record), ...(next.expect ?? [])],
      write: [put(key, next.value, { tenant: record.tenant, expiresAt }), ...(next.write ?? [])],
      events: next.events,
    });
    if (result.ok) return next.value;
  }
  throw new AppError('conflict', { detail: 'Too many changes of this at once. Try again.' });
}

/**
 * As `changeRecord`, for what spans several records of a shard: each round reads and decides anew, and its change
 * expects what it read. `compose` answers without a change when there is nothing to do.
 */
export async function commitAnew<T>(
  store: RecordStore,
  compose: () => Promise<{ readonly change?: Change; readonly result: T }>,
): Promise<T> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { change, result } = await compose();
    if (!change || (await store.commit(change)).ok) return result;
  }
  throw new AppError('conflict', { detail: 'Too many changes of this at once. Try again.' });
}
