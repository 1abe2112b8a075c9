import { LRUCache } from 'lru-cache';

import type { Key, RecordKind, RecordStore, StoredRecord } from './record-store.ts';

const LONGEST_MS = 1000;
const MOST = 5000;

export interface RecentReads {
  /** The same store, which notices what this process itself changes. */
  readonly store: RecordStore;
  /**
   * At most a second old, counted from before it was read; what this process changed shows at once (law 3). For what
   * every request asks for and few change. Not for deciding on a revocation.
   */
  readRecent<T>(key: Key<T>): Promise<StoredRecord<T> | undefined>;
}

const nameOf = ({ shard, kind, id }: Key<any>): string => `${shard} ${kind.name} ${id}`;

/** What is absent is not kept: what was just made is found. Age is counted by a clock that is never set back. */
export function recentReads(store: RecordStore): RecentReads {
  const kept = new LRUCache<string, StoredRecord<any>>({ max: MOST, ttl: LONGEST_MS, ttlResolution: 0 });
  const kinds = new Set<RecordKind<any>>();
  const underway = new Map<string, object>();
  return {
    store: {
      ...store,
      async commit(change) {
        try {
          return await store.commit(change);
        } finally {
          for (const { key } of change.write) {
            if (!kinds.has(key.kind)) continue;
            kept.delete(nameOf(key));
            // What was read before a change is not to be kept after it.
            underway.delete(nameOf(key));
          }
        }
      },
    },
    async readRecent(key) {
      const name = nameOf(key);
      const found = kept.get(name);
      if (found) return found;
      const [start, reading] = [performance.now(), {}];
      kinds.add(key.kind);
      underway.set(name, reading);
      const [record] = await store.read(key);
      if (underway.get(name) !== reading) return record;
      underway.delete(name);
      if (record) kept.set(name, record, { start });
      return record;
    },
  };
}
