import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import { asRead, defineKind, put, type Expectation, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { statusOf } from './review.ts';
import { openReviewsAskedBy } from './review-store.ts';

/** When somebody asked, in the last day. */
const ASKS = defineKind<{ readonly at: readonly number[] }>('review-asks', { schema: 1 });

const DAY_MS = 86_400_000;
const MOST_IN_A_DAY = 20;
const MOST_OPEN = 10;

/**
 * Counts one ask, in the commit that makes it: two at once are two. Throws `too_many_requests`. An app is counted in
 * each tenant by itself, like a member.
 */
export async function countAsk(
  deps: Deps,
  tenant: TenantId,
  actor: Actor,
  { alreadyIn }: { readonly alreadyIn: boolean },
): Promise<{ readonly expect: readonly Expectation[]; readonly write: readonly Write[] }> {
  if (actor.kind !== 'user' && actor.kind !== 'app') return { expect: [], write: [] };
  const key = { shard: shardOf(tenant), kind: ASKS, id: JSON.stringify([tenant, actor.id]) };
  const [record] = await deps.store.read(key);
  const now = deps.clock();
  const lately = record?.value.at.filter((time) => time > now - DAY_MS) ?? [];
  if (lately.length >= MOST_IN_A_DAY) {
    const seconds = Math.ceil(((lately[0] ?? now) + DAY_MS - now) / 1000);
    throw new AppError('too_many_requests', { detail: 'You asked often today. Try again tomorrow.', headers: { 'retry-after': String(seconds) } });
  }
  if (actor.kind === 'user' && !alreadyIn) {
    const page = await openReviewsAskedBy(deps, tenant, actor.id, { limit: MOST_OPEN * 4 });
    const open = page.records.filter(({ value }) => statusOf(value, now) === 'open');
    if (open.length >= MOST_OPEN) {
      throw new AppError('too_many_requests', { detail: `${MOST_OPEN} requests of yours are open. Wait until one of them is decided.` });
    }
  }
  return {
    expect: [asRead(key, record)],
    write: [put(key, { at: [...lately, now] }, { tenant, expiresAt: now + DAY_MS })],
  };
}
