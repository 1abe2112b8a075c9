import type { Deps } from '#src/deps.ts';
import type { AssentEvent } from '#src/events.ts';
import { defineKind, put, type Key, type Page, type Shard, type Write } from '#src/storage/record-store.ts';
import { scanShards } from '#src/storage/scan-shards.ts';

import type { Delivery, DeliveryFailure } from './delivery.ts';

/** Up to where a reader read the log of a shard. */
export interface ReaderPosition {
  readonly position: number;
}

const POSITION = defineKind<ReaderPosition>('reader-position', { schema: 1 });

const DELIVERY = defineKind<Delivery>('delivery', {
  schema: 1,
  indexes: ({ reader, due }) => [{ index: 'due', of: reader, sort: due }],
});

const FAILURE = defineKind<DeliveryFailure>('delivery-failure', {
  schema: 1,
  indexes: ({ at }) => [{ index: 'all', of: '', sort: at }],
});

const FAILURE_MS = 30 * 86_400_000;

/** All of a reader's records stand in the shard of the log that it reads, so that one commit spans them. */
export const positionKey = (shard: Shard, reader: string): Key<ReaderPosition> => ({ shard, kind: POSITION, id: reader });

const idOf = ({ reader, event, receiver }: Pick<Delivery, 'reader' | 'event' | 'receiver'>): string => JSON.stringify([reader, event.id, receiver]);

/** One record for each event and receiver: noted twice, it is delivered once. */
export const putDelivery = (shard: Shard, delivery: Delivery): Write =>
  put({ shard, kind: DELIVERY, id: idOf(delivery) }, delivery, { tenant: delivery.event.tenant });

export const putFailure = (shard: Shard, failure: DeliveryFailure): Write =>
  put({ shard, kind: FAILURE, id: idOf(failure) }, failure, { tenant: failure.event.tenant, expiresAt: Date.parse(failure.at) + FAILURE_MS });

export const newDelivery = (reader: string, event: AssentEvent, receiver: string | null, now: number): Delivery => ({
  reader,
  event,
  receiver,
  tries: 0,
  due: new Date(now).toISOString(),
});

/** The next ones to deliver, in the order in which they are due. */
export const deliveriesOf = ({ store }: Deps, shard: Shard, reader: string, limit: number): Promise<Page<Delivery>> =>
  store.scan({ shard, kind: DELIVERY, index: 'due', of: reader, limit });

/** What was given up in the last thirty days. */
export const deliveryFailures = ({ store }: Deps, page: { after?: string; limit: number }): Promise<Page<DeliveryFailure>> =>
  scanShards(store, { kind: FAILURE, index: 'all', of: '', after: page.after, limit: page.limit });
