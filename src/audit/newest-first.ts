import type { AssentEvent } from '#src/events.ts';
import type { LogEntry, RecordStore, Shard } from '#src/storage/record-store.ts';

/** One trail, in one shard or with parts in several. */
export interface Trail {
  readonly shards: readonly Shard[];
  readonly of: string;
}

/** Between two entries: after this one. Entries of several shards are ordered by position, then by shard. */
export interface TrailPlace {
  readonly position: number;
  readonly shard: Shard;
}

export interface TrailEntry extends TrailPlace {
  readonly event: AssentEvent;
}

interface Part {
  readonly shard: Shard;
  waiting: readonly LogEntry[];
  /** Where to read on; `undefined` when all was read. */
  before: number | undefined;
}

/** The entries of a trail after a place, `chunk` read at a time from each shard. */
export async function* newestFirst(store: RecordStore, { shards, of }: Trail, after: TrailPlace | undefined, chunk: number): AsyncGenerator<TrailEntry, void> {
  const read = async (part: Part): Promise<void> => {
    if (part.before === undefined) return;
    part.waiting = await store.trail({ shard: part.shard, of, before: part.before, limit: chunk });
    part.before = part.waiting.length < chunk ? undefined : part.waiting.at(-1)?.position;
  };
  const parts: Part[] = shards.map((shard) => ({ shard, waiting: [], before: firstBefore(shard, after) }));
  await Promise.all(parts.map(read));
  for (;;) {
    const newest = parts.filter(({ waiting }) => waiting.length > 0).reduce<Part | undefined>((best, part) => (best && isNewer(best, part) ? best : part), undefined);
    const [entry] = newest?.waiting ?? [];
    if (!newest || !entry) return;
    yield { shard: newest.shard, position: entry.position, event: entry.event as AssentEvent };
    newest.waiting = newest.waiting.slice(1);
    if (newest.waiting.length === 0) await read(newest);
  }
}

const firstBefore = (shard: Shard, after: TrailPlace | undefined): number =>
  after === undefined ? Number.MAX_SAFE_INTEGER : after.position + (shard < after.shard ? 1 : 0);

function isNewer(one: Part, other: Part): boolean {
  const [a, b] = [one.waiting[0]?.position ?? 0, other.waiting[0]?.position ?? 0];
  return a === b ? one.shard > other.shard : a > b;
}
