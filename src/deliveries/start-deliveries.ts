import type { EventReader, ReaderDeps } from './event-reader.ts';
import type { EventListener } from './hear-events.ts';
import { startPeriodicWork, type PeriodicWork } from './periodic.ts';
import { startReader } from './start-reader.ts';

export interface DeliveriesDeps extends ReaderDeps {
  /** What reads the event log and brings it somewhere: mail now, webhooks beside it. */
  readonly readers: readonly EventReader[];
  readonly periodically: readonly PeriodicWork[];
  /** See `hearEvents`. */
  readonly onEvents: (listener: EventListener) => void;
}

export function startDeliveries(deps: DeliveriesDeps): { stop(): Promise<void> } {
  const readers = deps.readers.map((reader) => startReader(deps, reader));
  const periodic = startPeriodicWork(deps, deps.periodically);
  deps.onEvents((shard, events) => {
    for (const reader of readers) reader.nudge(shard, events);
  });
  return { stop: async () => void (await Promise.all([...readers, periodic].map((each) => each.stop()))) };
}
