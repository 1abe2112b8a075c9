import type { Clock } from '#src/clock.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { startRedis, startRedisCluster } from '#test/support/redis.ts';

/** An engine that the contract is run on. */
export interface Engine {
  /** Stores on the same data, as two server processes would have them. An engine of one process gives one store twice. */
  open(clock: Clock): Promise<{ first: RecordStore; second: RecordStore }>;
  stop(): Promise<void>;
}

export async function sqliteEngine(): Promise<Engine> {
  return {
    open: async (clock) => {
      const store = await openStore('sqlite::memory:', { clock });
      return { first: store, second: store };
    },
    stop: async () => {},
  };
}

export async function redisEngine(): Promise<Engine> {
  return onRedis(await startRedis());
}

export async function redisClusterEngine(): Promise<Engine> {
  return onRedis(await startRedisCluster());
}

function onRedis({ url, stop }: { url: string; stop(): Promise<void> }): Engine {
  return {
    open: async (clock) => {
      const [first, second] = await Promise.all([openStore(url, { clock }), openStore(url, { clock })]);
      return { first, second };
    },
    stop,
  };
}
