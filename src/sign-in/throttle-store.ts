import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { absent, defineKind, type Key, put, remove, type StoredRecord, unchanged, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { networkOf } from './network.ts';
import { afterFailure, type Counted, THROTTLE, type Tries, waitInWords } from './throttle.ts';

const TRIES = defineKind<Tries>('sign-in-tries', { schema: 1 });
const ROUNDS = 16;

/** Somebody who tries to sign in. `device` names a browser in which this very person has signed in before. */
export interface Tryer {
  readonly account: string;
  readonly address: string;
  readonly device: string | undefined;
}

interface Counter {
  readonly counted: Counted;
  readonly key: Key<Tries>;
}

const counter = (counted: Counted, home: string, ...of: readonly string[]): Counter => ({
  counted,
  key: { shard: shardOf(home), kind: TRIES, id: JSON.stringify([counted, ...of]) },
});

/** All in the account's shard, so that one commit counts for all of them. */
const accountCounters = ({ account, address, device }: Tryer): Counter[] =>
  device === undefined
    ? [counter('pair', account, account, networkOf(address)), counter('account', account, account)]
    : [counter('device', account, account, device)];

const addressCounter = ({ address }: Tryer): Counter => counter('address', networkOf(address), networkOf(address));

/** Another shard than the account's; a known browser is not held back for what its neighbours do. */
const addressCounters = (tryer: Tryer): Counter[] => (tryer.device === undefined ? [addressCounter(tryer)] : []);

/**
 * Counts a try as wrong before anybody knows, so that a hundred at once are not all the first. Throws
 * `too_many_requests` while there is a wait; then the password is not even looked at.
 */
export async function countTry(deps: Deps, tryer: Tryer): Promise<void> {
  const counters = accountCounters(tryer);
  for (let round = 0; round < ROUNDS; round += 1) {
    const records = await readTries(deps, [...counters, ...addressCounters(tryer)]);
    refuseWhileWaiting(records, deps.clock());
    if (await commitCount(deps, counters, records.slice(0, counters.length))) return;
  }
  throw tooMany(1000);
}

/** The try was wrong. The account's counts stand already; the address is another shard and follows. */
export async function tryFailed(deps: Deps, tryer: Tryer): Promise<void> {
  const counters = addressCounters(tryer);
  if (counters.length === 0) return;
  for (let round = 0; round < ROUNDS; round += 1) {
    if (await commitCount(deps, counters, await readTries(deps, counters))) return;
  }
}

/** The try was right: this browser starts afresh, and the account's count loses this try only, not those of others. */
export async function tryWasRight(deps: Deps, tryer: Tryer): Promise<void> {
  const counters = accountCounters(tryer);
  for (let round = 0; round < ROUNDS; round += 1) {
    const records = (await readTries(deps, counters)).filter((record) => record !== undefined);
    const write = records.map((record): Write => {
      const left = record.value.failures - 1;
      const keep = left > 0 && record.key.id === counters.find(({ counted }) => counted === 'account')?.key.id;
      return keep ? put(record.key, { failures: left, waitUntil: 0 }, { tenant: null, expiresAt: record.expiresAt }) : remove(record.key);
    });
    const shard = counters[0]?.key.shard;
    if (write.length === 0 || shard === undefined) return;
    if ((await deps.store.commit({ shard, expect: records.map(unchanged), write })).ok) return;
  }
}

const readTries = ({ store }: Deps, counters: readonly Counter[]): Promise<(StoredRecord<Tries> | undefined)[]> =>
  store.read(...counters.map(({ key }) => key));

async function commitCount({ store, clock }: Deps, counters: readonly Counter[], records: readonly (StoredRecord<Tries> | undefined)[]): Promise<boolean> {
  const now = clock();
  const shard = counters[0]?.key.shard;
  if (shard === undefined) return true;
  const { ok } = await store.commit({
    shard,
    expect: counters.map(({ key }, at) => (records[at] ? unchanged(records[at]) : absent(key))),
    write: counters.map(({ key, counted }, at) => {
      const next = afterFailure(records[at]?.value, THROTTLE[counted], now);
      return put(key, next.tries, { tenant: null, expiresAt: next.expiresAt });
    }),
  });
  return ok;
}

function refuseWhileWaiting(records: readonly (StoredRecord<Tries> | undefined)[], now: number): void {
  const wait = Math.max(0, ...records.map((record) => (record?.value.waitUntil ?? 0) - now));
  if (wait > 0) throw tooMany(wait);
}

const tooMany = (wait: number) =>
  new AppError('too_many_requests', {
    detail: `Too many tries. Wait ${waitInWords(wait)}, then try again.`,
    headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
  });
