import { openCursor, sealCursor } from './cursor.ts';
import { queryField } from './query-field.ts';
import type { WebContext } from './web-context.ts';

export interface ShownList {
  readonly path: string;
  /** What the address says besides the place, `''` for nothing. */
  readonly filter?: Readonly<Record<string, string>>;
  /** Names the list, with whose it is and how it is filtered: a place is good for this one alone (threat xT7). */
  readonly of: readonly unknown[];
  readonly key: Uint8Array;
  /** The parameter that carries the place, where a page shows two lists. */
  readonly field?: string;
}

export interface PlaceInList {
  /** The store's cursor; `undefined` at the beginning. */
  readonly after: string | undefined;
  /** To the first page and to the next one, `''` where the reader is there already. */
  links(next: string | undefined): { readonly first: string; readonly next: string };
}

/** Where in a list the address asks a page to begin, and how one goes on from there. */
export function placeInList(ctx: WebContext, { path, filter = {}, of, key, field = 'after' }: ShownList): PlaceInList {
  const bound = { list: JSON.stringify(of), key };
  const sealed = queryField(ctx, field);
  return {
    get after() {
      return sealed === '' ? undefined : openCursor(sealed, bound);
    },
    links: (next) => ({
      first: sealed === '' ? '' : addressOf(path, filter),
      next: next === undefined ? '' : addressOf(path, { ...filter, [field]: sealCursor(next, bound) }),
    }),
  };
}

/** A path of ours, with those of the parameters that say something. */
export function addressOf(path: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== '')).toString();
  return query === '' ? path : `${path}?${query}`;
}
