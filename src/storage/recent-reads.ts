import { LRUCache } from 'lru-cache';

import type { Key, RecordKind, RecordStore, StoredRecord, Values } from './record-store.ts';

/** Below the second that is promised, so that an answer which is under way for a while keeps the promise too. */
const LONGEST_MS = 900;
const MOST = 5000;

/** Records that are read as they are now, and beside them some that may be a second old: one round trip at most. */
export type ReadBeside = <const N extends readonly Key<any>[], const R extends readonly Key<any>[]>(
  now: N,
  recent: R,
) => Promise<[now: Values<N>, recent: Values<R>]>;

export interface RecentReads {
  /** The same store, which notices what this process itself changes. */
  readonly store: RecordStore;
  /**
   * At most a second old, counted from before it was read; what this process changed shows at once (law 3). For what
   * every request asks for and few change. Not for deciding on a revocation. What is absent is looked for each time:
   * what was just made is found.
   */
  readRecent<T>(key: Key<T>): Promise<StoredRecord<T> | undefined>;
  /** The same for several, and that one of them is absent is as good for a second as a record. */
  readonly readBeside: ReadBeside;
}

/** Everything as it is now, for those who decide on more than an answer. */
export const readAllNow =
  ({ store }: { readonly store: RecordStore }): ReadBeside =>
  async (now, recent) => {
    const records: readonly unknown[] = await store.read(...now, ...recent);
    return [records.slice(0, now.length), records.slice(now.length)] as never;
  };

const nameOf = ({ shard, kind, id }: Key<any>): string => `${shard} ${kind.name} ${id}`;

/** Age is counted by a clock that is never set back. */
export function recentReads(store: RecordStore): RecentReads {
  const kept = new LRUCache<string, { readonly record: StoredRecord<any> | undefined }>({ max: MOST, ttl: LONGEST_MS, ttlResolution: 0 });
  const kinds = new Set<RecordKind<any>>();
  const underway = new Map<string, object>();

  /** What was read before a change is not to be kept after it: `forget` in between, and `keep` does nothing. `end` whatever happened. */
  const begin = (name: string, { kind }: Key<any>): { keep(record: StoredRecord<any> | undefined): void; end(): void } => {
    const [start, reading] = [performance.now(), {}];
    kinds.add(kind);
    underway.set(name, reading);
    return {
      keep: (record) => void (underway.get(name) === reading && kept.set(name, { record }, { start })),
      end: () => void (underway.get(name) === reading && underway.delete(name)),
    };
  };

  const forget = (name: string): void => {
    kept.delete(name);
    underway.delete(name);
  };

  return {
    store: {
      ...store,
      async commit(change) {
        try {
          return await store.commit(change);
        } finally {
          for (const { key } of change.write) if (kinds.has(key.kind)) forget(nameOf(key));
        }
      },
    },

    async readRecent(key) {
      const name = nameOf(key);
      const found = kept.get(name)?.record;
      if (found) return found;
      const reading = begin(name, key);
      try {
        const [record] = await store.read(key);
        reading.keep(record);
        return record;
      } finally {
        reading.end();
      }
    },

    async readBeside(now, recent) {
      const names = recent.map(nameOf);
      const found = names.map((name) => kept.get(name));
      const places = [...recent.keys()].filter((place) => found[place] === undefined);
      const readings = places.map((place) => begin(names[place]!, recent[place]!));
      try {
        const records: readonly (StoredRecord<any> | undefined)[] = await store.read(...now, ...places.map((place) => recent[place]!));
        for (const [nth, place] of places.entries()) {
          const record = records[now.length + nth];
          readings[nth]!.keep(record);
          found[place] = { record };
        }
        return [records.slice(0, now.length), found.map((each) => each?.record)] as never;
      } finally {
        for (const reading of readings) reading.end();
      }
    },
  };
}
