import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { absent, defineKind, put, remove, unchanged, type Key, type Page } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { wordsOf } from '#src/words.ts';

import { readApp, type AppDeps } from './app-records.ts';
import { isOffered, listingOf, lookupOf, matches, startsOf, type Listing } from './listing.ts';

/** All in one shard, so that a page in the order of names is one scan. They are few and change seldom. */
const SHARD = shardOf('marketplace');

const LISTING = defineKind<Listing>('listing', {
  schema: 1,
  indexes: ({ app, owner, name, words }) => {
    const sort = `${name.toLocaleLowerCase('en')} ${app}`;
    return ['', ...startsOf(words)].map((start) => ({ index: 'start', of: JSON.stringify([owner, start]), sort }));
  },
});

const listingKey = (app: AppId): Key<Listing> => ({ shard: SHARD, kind: LISTING, id: app });

/**
 * Brings the listing up to what the app says now; every change of an app ends with it. A listing is a hint in another
 * shard: a crash before it leaves the old one, which opens nothing, since pages read the app itself.
 */
export async function appChanged(deps: AppDeps, id: AppId): Promise<void> {
  deps.apps?.forget(id);
  const key = listingKey(id);
  for (;;) {
    const [app, [listed]] = await Promise.all([readApp(deps, id), deps.store.read(key)]);
    const next = app && isOffered(app.value) ? listingOf(app.value) : undefined;
    if (JSON.stringify(next) === JSON.stringify(listed?.value)) return;
    // Whoever loses a race, or meets a change of the app meanwhile, looks again: the last look sees the last change.
    await deps.store.commit({
      shard: SHARD,
      expect: [listed ? unchanged(listed) : absent(key)],
      write: [next ? put(key, next, { tenant: next.owner }) : remove(key)],
    });
  }
}

/** How many listings one request looks at, at most, to fill its page. */
const MOST_LOOKED_AT = 400;

/**
 * A page of the marketplace, by name: of everybody's apps, or of a tenant's own. Each word that was typed has to begin
 * a word of the listing. A page can be shorter than `limit` though there is more.
 */
export async function searchListings(
  { store }: Deps,
  { text, owner, after, limit }: { text: string; owner: TenantId | null; after?: string | undefined; limit: number },
): Promise<Page<Listing>> {
  const words = wordsOf(text).slice(0, 8);
  const of = JSON.stringify([owner, lookupOf(words)]);
  const found: Page<Listing>['records'][number][] = [];
  let next = after;
  for (let looked = 0; looked < MOST_LOOKED_AT; ) {
    const page = await store.scan({ shard: SHARD, kind: LISTING, index: 'start', of, limit: limit - found.length, ...(next !== undefined && { after: next }) });
    found.push(...page.records.filter(({ value }) => matches(value, words)));
    next = page.next;
    looked += Math.max(page.records.length, 1);
    if (next === undefined || found.length >= limit) break;
  }
  return { records: found, next };
}
