import type { Deps } from '#src/deps.ts';
import { happened, type Happening } from '#src/events.ts';
import { put, unchanged, type Shard, type StoredRecord } from '#src/storage/record-store.ts';

import { reminderDue, nextDue, statusOf, type Review } from './review.ts';
import { REVIEW } from './review-store.ts';

const AT_ONCE = 50;

export interface Tended {
  readonly reminded: number;
  readonly expired: number;
}

/**
 * Does what time asks of the open reviews in a shard: reminders, and writing down that one expired. Each is one event
 * however many servers do this at the same time, since each commit expects the review as it was read.
 */
export async function tendReviews(deps: Deps, shard: Shard): Promise<Tended> {
  let [reminded, expired] = [0, 0];
  let after: string | undefined;
  do {
    const page = await deps.store.scan({ shard, kind: REVIEW, index: 'due', of: '', after, limit: AT_ONCE });
    const now = deps.clock();
    const due = page.records.filter(({ value }) => nextDue(value) <= now);
    for (const record of due) {
      const done = await tend(deps, record, now);
      if (done === 'reminded') reminded += 1;
      if (done === 'expired') expired += 1;
    }
    after = due.length === page.records.length ? page.next : undefined;
  } while (after !== undefined);
  return { reminded, expired };
}

async function tend({ store }: Deps, record: StoredRecord<Review>, now: number): Promise<'reminded' | 'expired' | undefined> {
  const { value: review, key } = record;
  const { tenant, app, id } = review;
  const over = statusOf(review, now) === 'expired';
  const daysLeft = reminderDue(review, now) ?? 0;
  const what: Happening = over
    ? { type: 'review.expired', tenant, app, review: id }
    : { type: 'review.about_to_expire', tenant, app, review: id, daysLeft };
  const next: Review = over ? { ...review, status: 'expired' } : { ...review, remindedAt: daysLeft };
  const result = await store.commit({
    shard: key.shard,
    expect: [unchanged(record)],
    write: [put(key, next, { tenant })],
    events: [happened(what, { actor: { kind: 'system' }, now })],
  });
  if (!result.ok) return undefined;
  return over ? 'expired' : 'reminded';
}
