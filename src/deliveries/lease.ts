import { randomUUID } from 'node:crypto';

import { asRead, defineKind, put, remove, unchanged, type Key, type Shard } from '#src/storage/record-store.ts';

import type { ReaderDeps } from './event-reader.ts';

/** A piece of work that one process does at a time. Its record stands in `shard`. */
export interface LeasedWork {
  readonly name: string;
  readonly shard: Shard;
}

export interface Leases {
  /** Whether this process is the one that may work on it now. */
  holds(name: string): boolean;
  /** Gives all back, so that another process goes on at once. */
  stop(): Promise<void>;
}

const LEASE = defineKind<{ readonly holder: string }>('lease', { schema: 1 });
const LEASE_MS = 10_000;
const ROUND_MS = 2500;

const leaseKey = ({ name, shard }: LeasedWork): Key<{ readonly holder: string }> => ({ shard, kind: LEASE, id: name });

/**
 * Takes and keeps what nobody else holds. A lease is a record that expires: who dies loses it after ten seconds. It
 * spares double work and rules nothing out, since a process that stood still may still believe that it holds one;
 * whatever must happen once is a commit that expects what was read.
 */
export function keepLeases({ store, clock, tempo }: ReaderDeps, works: readonly LeasedWork[], onTaken: (name: string) => void = () => {}): Leases {
  const holder = randomUUID();
  const until = new Map<string, number>();
  const holds = (name: string): boolean => clock() < (until.get(name) ?? 0);

  async function keep(work: LeasedWork): Promise<void> {
    const key = leaseKey(work);
    const [record] = await store.read(key);
    if (record && record.value.holder !== holder) return void until.delete(work.name);
    const held = holds(work.name);
    const expiresAt = clock() + LEASE_MS;
    const { ok } = await store.commit({ shard: work.shard, expect: [asRead(key, record)], write: [put(key, { holder }, { tenant: null, expiresAt })] });
    if (!ok) return void until.delete(work.name);
    until.set(work.name, expiresAt);
    if (!held) onTaken(work.name);
  }

  async function giveBack(work: LeasedWork): Promise<void> {
    const [record] = await store.read(leaseKey(work));
    if (record?.value.holder === holder) await store.commit({ shard: work.shard, expect: [unchanged(record)], write: [remove(record.key)] });
  }

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<unknown> = Promise.resolve();
  const goRound = (): void => {
    // Without an answer from storage a lease runs out by itself.
    round = Promise.allSettled(works.map(keep)).then(() => {
      if (!stopped) timer = setTimeout(goRound, tempo?.leaseRoundMs ?? ROUND_MS).unref();
    });
  };
  goRound();

  return {
    holds,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
      until.clear();
      await Promise.allSettled(works.map(giveBack));
    },
  };
}
