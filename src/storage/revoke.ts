import { AppError } from '#src/errors.ts';

import { commitAnew, type NextValue } from './change-record.ts';
import { asRead, put, remove, unchanged, type Expectation, type Key, type LogEvent, type RecordStore, type Shard, type StoredRecord, type Write } from './record-store.ts';

export interface Revocation<R> {
  /** What was read, so that it is decided anew when that changed. */
  readonly expect: readonly Expectation[];
  /** What stood is removed, or put shut. When it is over already, it is written once more. */
  readonly write: readonly Write[];
  /** None when it was over already. */
  readonly events: readonly LogEvent[];
  readonly result: R;
}

/**
 * The one way in which anything is taken back, by whomever: read, decide, and one durable commit of it, begun anew when
 * somebody changed it meanwhile. It is also committed when it is over already: an earlier call may have ended it and
 * never learnt whether that is on disk, and this answer must be as true as that one's would have been (I2, I8). What
 * hangs on the revoked is read through it, so nothing else has to be found or written. What may take and may give (an
 * approval, the rules, a version) goes through it too. `decide` throws, or answers without `write`, when there is nothing
 * here that this caller could take back.
 */
export const revoke = <R>(
  store: RecordStore,
  shard: Shard,
  decide: () => Promise<Revocation<R> | { readonly write?: undefined; readonly result: R }>,
): Promise<R> =>
  commitAnew(store, async () => {
    const decided = await decide();
    if (decided.write === undefined) return { result: decided.result };
    const { result, ...change } = decided;
    return { change: { shard, ...change, durable: true }, result };
  });

/** What ends with a record, and what is told of it. */
interface Ending {
  readonly expect?: readonly Expectation[];
  readonly write?: readonly Write[];
  readonly events: readonly LogEvent[];
}

/**
 * Ends one record. `true` when this call did, `false` when it was gone already. `decide` answers `undefined` for one
 * that is not this caller's to end, which is to be as if it were not there.
 */
export const endRecord = <T>(
  store: RecordStore,
  key: Key<T>,
  ifVersion: number | undefined,
  decide: (record: StoredRecord<T>) => Ending | undefined | Promise<Ending | undefined>,
): Promise<boolean> =>
  revoke(store, key.shard, async () => {
    const [record] = await store.read(key);
    if (record && ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
    const ending = record ? await decide(record) : { events: [] };
    if (!ending) return { result: false };
    const { expect = [], write = [], events } = ending;
    return { expect: [asRead(key, record), ...expect], write: [remove(key), ...write], events, result: record !== undefined };
  });

/** For the answer that there is nothing (any more): an earlier call may have ended it and never learnt whether that is on disk. */
export const confirmNone = (store: RecordStore, key: Key<any>): Promise<boolean> => endRecord(store, key, undefined, () => undefined);

/**
 * Changes one record that stays in a way that may take something from somebody: narrowed, suspended, switched off. It
 * gives back in the same way. Asked for twice, it is written twice.
 */
export const changeStanding = <T>(
  store: RecordStore,
  key: Key<T>,
  ifVersion: number | undefined,
  decide: (record: StoredRecord<T>) => NextValue<T> | Promise<NextValue<T>>,
): Promise<T> =>
  revoke(store, key.shard, async () => {
    const [record] = await store.read(key);
    if (!record) throw new AppError('not_found');
    if (ifVersion !== undefined && record.version !== ifVersion) throw new AppError('precondition_failed');
    const { value, expect = [], write = [], events, expiresAt = record.expiresAt } = await decide(record);
    return { expect: [unchanged(record), ...expect], write: [put(key, value, { tenant: record.tenant, expiresAt }), ...write], events, result: value };
  });
