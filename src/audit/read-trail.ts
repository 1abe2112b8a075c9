import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { trailName } from '#src/event-trails.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { Shard } from '#src/storage/record-store.ts';
import { allShards, SHARDS, shardOf } from '#src/storage/shards.ts';

import { newestFirst, type Trail, type TrailEntry, type TrailPlace } from './newest-first.ts';
import { CLOCKS_DIFFER_MS, positionAt } from './place-at.ts';
import { isNarrow, isWanted, partyOf, type TrailFilter } from './trail.ts';

export interface TrailPage {
  readonly entries: readonly TrailEntry[];
  /** Where the next page begins; a page can be shorter than `limit` though there is more. */
  readonly next: string | undefined;
}

export interface PageAsked {
  readonly after?: string | undefined;
  readonly limit: number;
}

const CHUNK = 200;
/** From each of many shards, most of which have nothing. */
const SMALL_CHUNK = 8;
/** A page ends after so many entries were looked at, however few of them were wanted. */
const MOST_READ = 2000;

/** All that happened in a tenant, or what its filter says, newest first. */
export const readTenantTrail = (deps: Deps, tenant: TenantId, filter: TrailFilter, page: PageAsked): Promise<TrailPage> =>
  readTrail(deps, { shards: [shardOf(tenant)], of: trailName(tenant, partyOf(filter)) }, filter, page, isNarrow(filter));

/** What happened to an app or a person outside of tenants: registered, published, signed in. */
export const readOwnTrail = (deps: Deps, own: AppId | UserId, filter: TrailFilter, page: PageAsked): Promise<TrailPage> =>
  readTrail(deps, { shards: [shardOf(own)], of: trailName(null, own) }, filter, page, false);

/** What happened outside of tenants, but for what people do with their own accounts. */
export const readPlatformTrail = (deps: Deps, filter: TrailFilter, page: PageAsked): Promise<TrailPage> =>
  readTrail(deps, { shards: allShards(), of: trailName(null) }, filter, page, false);

async function readTrail({ store }: Deps, trail: Trail, filter: TrailFilter, { after, limit }: PageAsked, allWanted: boolean): Promise<TrailPage> {
  const start = after === undefined ? await startOf(store, trail, filter.to) : placeIn(after);
  const chunk = trail.shards.length > 1 ? SMALL_CHUNK : allWanted ? limit + 1 : CHUNK;
  const entries: TrailEntry[] = [];
  let [read, last] = [0, start];
  for await (const entry of newestFirst(store, trail, start, chunk)) {
    if (filter.from !== undefined && Date.parse(entry.event.at) < filter.from - CLOCKS_DIFFER_MS) return { entries, next: undefined };
    if (isWanted(entry.event, filter)) {
      if (entries.length === limit) return { entries, next: textOf(last) };
      entries.push(entry);
    }
    last = entry;
    read += 1;
    if (read === MOST_READ) return { entries, next: textOf(last) };
  }
  return { entries, next: undefined };
}

async function startOf(store: Deps['store'], { shards: [shard, ...more], of }: Trail, to: number | undefined): Promise<TrailPlace | undefined> {
  if (to === undefined || shard === undefined || more.length > 0) return undefined;
  const position = await positionAt(store, { shard, of }, to);
  return position === undefined ? undefined : { position, shard };
}

const textOf = (place: TrailPlace | undefined): string | undefined => place && `${place.position}.${place.shard}`;

function placeIn(text: string): TrailPlace {
  const [, position, shard] = /^(\d{1,16})\.(\d{1,3})$/.exec(text) ?? [];
  if (position === undefined || Number(shard) >= SHARDS) throw new AppError('invalid_cursor');
  return { position: Number(position), shard: Number(shard) as Shard };
}
