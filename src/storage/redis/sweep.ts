import type { Clock } from '#src/clock.ts';

import { GARBAGE_SLACK_MS } from '../garbage.ts';
import type { Shard } from '../record-store.ts';
import { SHARDS } from '../shards.ts';
import type { StoreLog } from '../store-options.ts';
import { expiryKey, indexKey } from './keys.ts';
import type { Lane } from './lane.ts';
import { SWEEP } from './scripts.ts';

const EVERY_MS = 1000;
const SHARDS_AT_A_TIME = 8;
const BITE = 200;
const MOST_BITES = 20;

interface Sweeping {
  readonly lane: Lane;
  readonly clock: Clock;
}

/** Drops expired records of a shard that have index entries, with these, in small bites. */
export async function sweepShard({ lane, clock }: Sweeping, shard: Shard): Promise<void> {
  for (let bite = 0; bite < MOST_BITES; bite += 1) {
    const over = clock() - GARBAGE_SLACK_MS;
    const keys = (await lane.call(shard, ['zrange', expiryKey(shard), '-inf', over, 'BYSCORE', 'LIMIT', 0, BITE])) as string[];
    if (keys.length > 0) await lane.run(shard, SWEEP, 2 + keys.length, [indexKey(shard), expiryKey(shard), ...keys, over]);
    if (keys.length < BITE) return;
  }
}

/** Goes round all shards, a few at a time. Every process sweeps; twice does no harm. */
export function startSweeping(sweeping: Sweeping & { log: StoreLog | undefined }): { stop(): void } {
  let next = Math.floor(Math.random() * SHARDS);
  let busy = false;

  async function sweep(): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      const shards = Array.from({ length: SHARDS_AT_A_TIME }, (_, step) => ((next + step) % SHARDS) as Shard);
      next = (next + SHARDS_AT_A_TIME) % SHARDS;
      await Promise.all(shards.map((shard) => sweepShard(sweeping, shard)));
    } catch (error) {
      sweeping.log?.warn({ err: error }, 'expired records could not be swept');
    } finally {
      busy = false;
    }
  }

  const timer = setInterval(() => void sweep(), EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
