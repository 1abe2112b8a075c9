import type { RecordStore, Shard } from '#src/storage/record-store.ts';

/** Events are in the order of their commits; the clocks of several servers may differ by this much. */
export const CLOCKS_DIFFER_MS = 60_000;

/**
 * A position before which all entries stand that happened before `moment`, found by halving: some fifty short reads
 * however long the trail is.
 */
export async function positionAt(store: RecordStore, trail: { shard: Shard; of: string }, moment: number): Promise<number | undefined> {
  const entryBefore = async (before?: number) => {
    const [entry] = await store.trail({ ...trail, before, limit: 1 });
    return entry && { position: entry.position, at: Date.parse((entry.event as unknown as { at: string }).at) };
  };
  const late = moment + CLOCKS_DIFFER_MS;
  const newest = await entryBefore();
  if (!newest || newest.at < late) return undefined;
  // What stands before `low` may be wanted; what stands at `high` or after it is not.
  let [low, high] = [0, newest.position];
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    const entry = await entryBefore(middle);
    if (entry === undefined || entry.at < late) low = middle;
    else high = entry.position;
  }
  return high;
}
