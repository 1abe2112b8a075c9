import type { LogEntry, LogEvent, Shard } from '#src/storage/record-store.ts';
import { allShards } from '#src/storage/shards.ts';

import { deliverDue } from './deliver-due.ts';
import { deliveriesOf } from './delivery-store.ts';
import type { EventReader, ReaderDeps } from './event-reader.ts';
import { keepLeases } from './lease.ts';
import { noteDeliveries, readPlace, type Place } from './note-deliveries.ts';
import { slots } from './slots.ts';

/** Shards that one process works at a time share a lease. */
const SHARDS_TO_A_LEASE = 32;
const TICK_MS = 500;
/** How long a shard rests in which nothing happens. Its events wait that long when another process wrote them. */
const LONGEST_REST_MS = 2000;
/** Commits of one moment are looked at together. */
const GATHER_MS = 20;
const AT_A_TIME = 200;
const DELIVERIES_AT_ONCE = 5;
const STOP_MS = 5000;

/** What this process knows of a shard that it works on. */
interface Watch {
  readonly shard: Shard;
  readonly lease: string;
  place: Place | undefined;
  nextDue: number | undefined;
  /** By the clock that is never set back. */
  nextLook: number;
  rest: number;
  busy: boolean;
}

export interface RunningReader {
  /** Something happened in this process that the reader would else find only at its next look. */
  nudge(shard: Shard, events: readonly LogEvent[]): void;
  /** Lets what is being delivered come to its end, for a few seconds; what does not is delivered again by the next. */
  stop(): Promise<void>;
}

/**
 * Follows the log of each shard and delivers what the reader makes of it. All shards that are due for a look are asked in
 * one turn of the event loop, which is one round trip to each server, and those in which nothing happens rest longer.
 */
export function startReader(deps: ReaderDeps, reader: EventReader, shards: readonly Shard[] = allShards()): RunningReader {
  const leaseOf = (shard: Shard): string => `${reader.name}/${Math.floor(shard / SHARDS_TO_A_LEASE)}`;
  const watches = new Map<Shard, Watch>(
    shards.map((shard) => [shard, { shard, lease: leaseOf(shard), place: undefined, nextDue: undefined, nextLook: 0, rest: TICK_MS, busy: false }]),
  );
  const inTurn = slots(DELIVERIES_AT_ONCE);
  const working = new Set<Promise<void>>();
  let stopping = false;
  let troubled = false;

  const firstOf = new Map(shards.toReversed().map((shard) => [leaseOf(shard), shard]));
  const works = [...firstOf].map(([name, shard]) => ({ name, shard }));
  const leases = keepLeases(deps, works, (taken) => {
    for (const watch of watches.values()) if (watch.lease === taken) forget(watch);
    lookSoon();
  });

  /** Another process may have been here, or storage may have lost what was never acknowledged: nothing is known of it. */
  function forget(watch: Watch): void {
    watch.place = undefined;
    watch.nextDue = undefined;
    watch.nextLook = 0;
  }

  async function look(watch: Watch): Promise<void> {
    if (watch.place === undefined) {
      const [place, { records }] = await Promise.all([readPlace(deps, reader, watch.shard), deliveriesOf(deps, watch.shard, reader.name, 1)]);
      watch.place = place;
      watch.nextDue = records[0] && Date.parse(records[0].value.due);
    }
    const entries = await deps.store.follow(watch.shard, watch.place.position, AT_A_TIME);
    if (entries.length > 0) await readOn(watch, watch.place, entries);
    if (watch.nextDue !== undefined && watch.nextDue <= deps.clock()) {
      watch.nextDue = await inTurn(() => deliverDue(deps, reader, watch.shard, () => !stopping && leases.holds(watch.lease)));
    }
    watch.rest = entries.length > 0 ? TICK_MS : Math.min(watch.rest * 2, LONGEST_REST_MS);
    const more = entries.length === AT_A_TIME || watch.place === undefined;
    watch.nextLook = Math.min(watch.nextLook, more ? 0 : performance.now() + watch.rest);
    troubled = false;
  }

  async function readOn(watch: Watch, from: Place, entries: readonly LogEntry[]): Promise<void> {
    const read = await noteDeliveries(deps, reader, watch.shard, from, entries);
    watch.place = read?.place;
    if (read && read.noted > 0) watch.nextDue = 0;
  }

  async function work(watch: Watch): Promise<void> {
    watch.busy = true;
    watch.nextLook = Infinity; // until a nudge or the end of this look says otherwise
    try {
      await look(watch);
    } catch (err) {
      forget(watch);
      watch.nextLook = performance.now() + LONGEST_REST_MS;
      if (!troubled && !stopping) deps.log.warn({ err, reader: reader.name }, 'the event log could not be read on; trying again');
      troubled = true;
    } finally {
      watch.busy = false;
      if (watch.nextLook === 0) lookSoon();
    }
  }

  function lookAround(): void {
    const now = performance.now();
    const due = ({ nextLook, nextDue = Infinity }: Watch): boolean => nextLook <= now || nextDue <= deps.clock();
    for (const watch of watches.values()) {
      if (watch.busy || !due(watch) || !leases.holds(watch.lease)) continue;
      const done = work(watch).finally(() => working.delete(done));
      working.add(done);
    }
  }

  const ticking = setInterval(lookAround, TICK_MS).unref();
  let soon: NodeJS.Timeout | undefined;
  function lookSoon(): void {
    if (stopping) return;
    soon ??= setTimeout(() => {
      soon = undefined;
      lookAround();
    }, GATHER_MS).unref();
  }

  return {
    nudge(shard, events) {
      const watch = watches.get(shard);
      if (watch === undefined || !events.some(({ type }) => reader.types.has(type))) return;
      watch.nextLook = 0;
      watch.rest = TICK_MS;
      lookSoon();
    },
    async stop() {
      stopping = true;
      clearInterval(ticking);
      clearTimeout(soon);
      await within(deps.tempo?.stopMs ?? STOP_MS, Promise.all(working));
      await leases.stop();
    },
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
