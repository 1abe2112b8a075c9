import type { AppId, TenantId } from '#src/ids.ts';
import { wordsOf } from '#src/words.ts';

import type { App } from './app.ts';

/** An app as it stands in the marketplace: enough to find it. What is shown is read from the app itself. */
export interface Listing {
  readonly app: AppId;
  readonly owner: TenantId | null;
  readonly name: string;
  /** Every word of its name, its developer and what it says it does. */
  readonly words: readonly string[];
}

const LONGEST_PREFIX = 12;
const MOST_WORDS = 40;

/** In use, switched on, and offered to everybody or to its own tenant. */
export const isOffered = (app: App): boolean => app.status === 'active' && app.liveVersion !== null && (app.listed || app.owner !== null);

export const listingOf = (app: App): Listing => ({
  app: app.id,
  owner: app.owner,
  name: app.name,
  words: wordsOf(`${app.name} ${app.developer.name} ${app.tagline}`).slice(0, MOST_WORDS),
});

const startOf = (word: string): string => [...word].slice(0, LONGEST_PREFIX).join('');

/** What a listing is found under: each beginning of each word, so that one lookup answers a search by what was typed. */
export const startsOf = (words: readonly string[]): string[] => [
  ...new Set(words.flatMap((word) => [...startOf(word)].map((_, place, letters) => letters.slice(0, place + 1).join('')))),
];

/** The one lookup that narrows a search most. The other words are held against what it finds. */
export const lookupOf = (words: readonly string[]): string =>
  startOf(words.toSorted((a, b) => [...b].length - [...a].length)[0] ?? '');

export const matches = (listing: Listing, words: readonly string[]): boolean =>
  words.every((word) => listing.words.some((each) => each.startsWith(word)));
