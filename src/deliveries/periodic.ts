import { shardOf } from '#src/storage/shards.ts';

import { isStorageDown, type ReaderDeps } from './event-reader.ts';
import { keepLeases } from './lease.ts';

/** Work that time asks for. Of several processes one does it; done twice, it does no harm. */
export interface PeriodicWork {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

const LONGEST_TICK_MS = 1000;

export function startPeriodicWork(deps: ReaderDeps, works: readonly PeriodicWork[]): { stop(): Promise<void> } {
  const leases = keepLeases(deps, works.map(({ name }) => ({ name: `periodic/${name}`, shard: shardOf(name) })));
  const started = works.map((work) => {
    let nextAt = 0;
    let now = Promise.resolve();
    let running = false;
    const run = async (): Promise<void> => {
      nextAt = performance.now() + work.everyMs;
      running = true;
      try {
        await work.run();
      } catch (err) {
        if (isStorageDown(err)) deps.log.warn({ err, work: work.name }, 'periodic work waits for storage');
        else deps.log.error({ err, work: work.name }, 'periodic work failed');
      } finally {
        running = false;
      }
    };
    const timer = setInterval(() => {
      if (!running && performance.now() >= nextAt && leases.holds(`periodic/${work.name}`)) now = run();
    }, Math.min(work.everyMs, LONGEST_TICK_MS)).unref();
    return { timer, finished: () => now };
  });
  return {
    async stop() {
      for (const { timer } of started) clearInterval(timer);
      await Promise.all(started.map(({ finished }) => finished()));
      await leases.stop();
    },
  };
}
