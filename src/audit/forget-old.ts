import type { Deps } from '#src/deps.ts';
import { trailsOf } from '#src/event-trails.ts';
import type { AssentEvent } from '#src/events.ts';
import type { Shard } from '#src/storage/record-store.ts';

const DAY_MS = 86_400_000;
const BITE = 200;
const MOST_BITES = 20;

/** Drops what is older than so many days, the oldest first, a bounded number of entries at a time. Twice does no harm. */
export async function forgetOld({ store, clock }: Deps, shard: Shard, days: number): Promise<void> {
  const over = clock() - days * DAY_MS;
  for (let bite = 0; bite < MOST_BITES; bite += 1) {
    const entries = await store.follow(shard, 0, BITE);
    const young = entries.findIndex(({ event }) => Date.parse((event as AssentEvent).at) >= over);
    const old = young === -1 ? entries : entries.slice(0, young);
    await store.forget(shard, old.map(({ position, event }) => ({ position, trails: trailsOf(event as AssentEvent, (event as AssentEvent).actor) })));
    if (old.length < BITE) return;
  }
}
