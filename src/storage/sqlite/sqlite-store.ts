import { GARBAGE_SLACK_MS } from '../garbage.ts';
import { type PreparedChange, prepareChange } from '../prepared-change.ts';
import type { CommitResult, Key, RecordStore, Values } from '../record-store.ts';
import type { StoreOptions } from '../store-options.ts';
import { unavailable } from '../unavailable.ts';
import { openDatabase } from './database.ts';
import { reader } from './reader.ts';
import { forgetter, sweepAll, sweeper } from './sweep.ts';
import { batchWriter } from './write-batch.ts';

const SWEEP_EVERY_MS = 1000;

interface Waiting {
  readonly change: PreparedChange;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/**
 * The embedded engine: one file, one process. Commits that arrive in one turn of the event loop share a transaction
 * and so an fsync; every commit is on disk before it is acknowledged, durable or not.
 */
export function openSqliteStore(file: string, { clock, log }: Pick<StoreOptions, 'clock' | 'log'>): RecordStore {
  const database = openDatabase(file);
  const read = reader(database);
  const writeBatch = batchWriter(database);
  const touch = database.prepare('UPDATE store SET checked_at = ?');
  const touched = database.prepare('SELECT checked_at FROM store');
  const sweep = sweeper(database);
  const forget = forgetter(database);
  let waiting: Waiting[] = [];
  let open = true;

  function flush(): void {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      const results = writeBatch(batch.map(({ change }) => change), clock());
      batch.forEach(({ resolve }, place) => resolve(results[place]!));
    } catch (error) {
      log?.error({ err: error }, 'the store could not commit');
      for (const { reject } of batch) reject(unavailable('SQLite could not commit', error));
    }
  }

  function ask<T>(question: () => T): T {
    if (!open) throw unavailable('the store is closed');
    try {
      return question();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_SQLITE_ERROR') throw error;
      throw unavailable('SQLite could not answer', error);
    }
  }

  let busy = false;
  const sweeping = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await sweepAll((over) => (open ? sweep(over) : 0), clock() - GARBAGE_SLACK_MS);
    } catch (error) {
      log?.warn({ err: error }, 'expired records could not be swept');
    } finally {
      busy = false;
    }
  }, SWEEP_EVERY_MS);
  sweeping.unref();

  return {
    read: async <const K extends readonly Key<any>[]>(...keys: K) =>
      ask(() => {
        const now = clock();
        return keys.map((key) => read.record(key, now)) as Values<K>;
      }),
    commit: async (change) => {
      if (!open) throw unavailable('the store is closed');
      const prepared = prepareChange(change, clock());
      return new Promise((resolve, reject) => {
        if (waiting.push({ change: prepared, resolve, reject }) === 1) setImmediate(flush);
      });
    },
    scan: async (query) => ask(() => read.page(query, clock())),
    follow: async (shard, after, limit) => ask(() => read.log(shard, after, limit)),
    trail: async (query) => ask(() => read.trail(query)),
    forget: async (shard, entries) => ask(() => forget(shard, entries)),
    check: async () =>
      ask(() => {
        const now = clock();
        touch.run(now);
        if ((touched.get() as { checked_at: number }).checked_at !== now) throw unavailable('a write could not be read back');
      }),
    close: async () => {
      if (!open) return;
      flush();
      open = false;
      clearInterval(sweeping);
      database.close();
    },
  };
}
