import { apartFromRequests } from '#src/request-origin.ts';
import type { LogEvent, RecordStore, Shard } from '#src/storage/record-store.ts';

export type EventListener = (shard: Shard, events: readonly LogEvent[]) => void;

/** The same store, which tells what this process itself put into the log, so that readers need not wait until they look. */
export function hearEvents(store: RecordStore): { readonly store: RecordStore; onEvents(listener: EventListener): void } {
  const listeners: EventListener[] = [];
  return {
    store: {
      ...store,
      async commit(change) {
        const result = await store.commit(change);
        const { events = [], shard } = change;
        if (result.ok && events.length > 0) apartFromRequests(() => listeners.forEach((listener) => listener(shard, events)));
        return result;
      },
    },
    onEvents: (listener) => void listeners.push(listener),
  };
}
