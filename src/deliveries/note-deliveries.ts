import type { AssentEvent } from '#src/events.ts';
import { asRead, put, type LogEntry, type Shard, type StoredRecord } from '#src/storage/record-store.ts';

import { nextTry, type Delivery } from './delivery.ts';
import { newDelivery, positionKey, putDelivery, type ReaderPosition } from './delivery-store.ts';
import { isStorageDown, type EventReader, type ReaderDeps } from './event-reader.ts';

/** Where a reader is in the log of a shard. */
export interface Place {
  /** What is written down, as it was read. */
  readonly written: StoredRecord<ReaderPosition> | undefined;
  /** May be ahead of what is written down, past events that lead to no delivery: so many. */
  readonly position: number;
  readonly passed: number;
}

/** After so many events that concern nobody the position is written all the same, so that they are not read for ever. */
const FAR = 100;

export async function readPlace({ store }: ReaderDeps, reader: EventReader, shard: Shard): Promise<Place> {
  const [written] = await store.read(positionKey(shard, reader.name));
  return { written, position: written?.value.position ?? 0, passed: 0 };
}

/**
 * Notes what is to be delivered of these events. The position advances in the commit that notes the deliveries and
 * expects it as it was read, so each event is noted once however many processes read it. Answers with the new place, or
 * `undefined` when another process was here.
 */
export async function noteDeliveries(
  deps: ReaderDeps,
  reader: EventReader,
  shard: Shard,
  start: Place,
  entries: readonly LogEntry[],
): Promise<{ readonly place: Place; readonly noted: number } | undefined> {
  let place = start;
  let noted = 0;
  for (const { position, event } of entries) {
    const deliveries = reader.types.has(event.type) ? await deliveriesFor(deps, reader, event as AssentEvent) : [];
    place = { ...place, position, passed: place.passed + 1 };
    if (deliveries.length === 0 && place.passed < FAR) continue;
    const key = positionKey(shard, reader.name);
    const result = await deps.store.commit({
      shard,
      expect: [asRead(key, place.written)],
      write: [put(key, { position }, { tenant: null }), ...deliveries.map((each) => putDelivery(shard, each))],
    });
    if (!result.ok) return undefined;
    noted += deliveries.length;
    const written = { key, value: { position }, version: result.version, tenant: null, expiresAt: null, consumedAt: null };
    place = { written, position, passed: 0 };
  }
  return { place, noted };
}

/** An event whose receivers cannot be found out is noted as a delivery to nobody yet, so that the log goes on. */
async function deliveriesFor({ clock, log }: ReaderDeps, reader: EventReader, event: AssentEvent): Promise<Delivery[]> {
  try {
    return (await reader.receiversOf(event)).map((receiver) => newDelivery(reader.name, event, receiver, clock()));
  } catch (err) {
    if (isStorageDown(err)) throw err;
    log.warn({ err, reader: reader.name, event: event.id }, 'the receivers of an event could not be found out; trying again later');
    const now = clock();
    return [{ ...newDelivery(reader.name, event, null, now), tries: 1, due: nextTry(1, undefined, now) ?? '' }];
  }
}
