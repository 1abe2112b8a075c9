import { remove, unchanged, type Shard, type StoredRecord, type Write } from '#src/storage/record-store.ts';

import { nextTry, reasonOf, type Delivery } from './delivery.ts';
import { deliveriesOf, newDelivery, putDelivery, putFailure } from './delivery-store.ts';
import { isStorageDown, type EventReader, type ReaderDeps } from './event-reader.ts';

const AT_A_TIME = 20;

/**
 * Delivers what is due in a shard, one after the other, while it may go on. Answers when the next one is due:
 * milliseconds, or `undefined` when none waits.
 */
export async function deliverDue(deps: ReaderDeps, reader: EventReader, shard: Shard, mayGoOn: () => boolean): Promise<number | undefined> {
  for (;;) {
    const { records } = await deliveriesOf(deps, shard, reader.name, AT_A_TIME);
    const [first] = records;
    if (first === undefined) return undefined;
    const now = deps.clock();
    const due = records.filter((record) => Date.parse(record.value.due) <= now);
    if (due.length === 0) return Date.parse(first.value.due);
    for (const record of due) {
      if (!mayGoOn()) return now;
      await deliver(deps, reader, record);
    }
  }
}

/** The record goes after the delivery, so a process that dies in between leaves it to be delivered again. */
async function deliver(deps: ReaderDeps, reader: EventReader, record: StoredRecord<Delivery>): Promise<void> {
  const { key, value: delivery } = record;
  let write: readonly Write[];
  try {
    write = [remove(key), ...(await furtherDeliveries(deps, reader, delivery)).map((each) => putDelivery(key.shard, each))];
  } catch (error) {
    if (isStorageDown(error)) throw error;
    write = afterFailure(deps, record, error);
  }
  // If it is no longer as it was read, another process delivered it at the same time.
  await deps.store.commit({ shard: key.shard, expect: [unchanged(record)], write });
}

async function furtherDeliveries({ clock }: ReaderDeps, reader: EventReader, { event, receiver }: Delivery): Promise<Delivery[]> {
  if (receiver === null) return (await reader.receiversOf(event)).map((each) => newDelivery(reader.name, event, each, clock()));
  await reader.deliver(event, receiver);
  return [];
}

function afterFailure({ clock, log }: ReaderDeps, { key, value: delivery }: StoredRecord<Delivery>, error: unknown): readonly Write[] {
  const now = clock();
  const tries = delivery.tries + 1;
  const due = nextTry(tries, error, now);
  const details = { err: error, reader: delivery.reader, event: delivery.event.id, type: delivery.event.type, receiver: delivery.receiver, tries };
  if (due !== undefined) {
    log.warn(details, 'a delivery failed; it will be tried again');
    return [putDelivery(key.shard, { ...delivery, tries, due })];
  }
  log.error(details, 'a delivery was given up');
  const { due: _, ...rest } = delivery;
  return [remove(key), putFailure(key.shard, { ...rest, tries, why: reasonOf(error), at: new Date(now).toISOString() })];
}
