/** Things that a search looks at, some at a time; `after` is the `next` of the time before. */
export type Candidates<T> = (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>;

export const CHUNK = 50;
/** No search looks at more before it answers, unless it says so; the page may then be short, or empty, and there is a next one. */
const MOST = 500;

export const none = async (): Promise<{ readonly items: readonly never[]; readonly next: undefined }> => ({ items: [], next: undefined });

/** What is known as a whole, already in a fixed order. */
export const listed =
  <T extends string>(all: () => Promise<readonly T[]>): Candidates<T> =>
  async (after) => {
    const rest = (await all()).toSorted().filter((each) => after === undefined || each > after);
    return { items: rest.slice(0, CHUNK), next: rest.length > CHUNK ? rest[CHUNK - 1] : undefined };
  };

/** One source after the other. */
export const inTurn =
  <T>(sources: readonly Candidates<T>[]): Candidates<T> =>
  async (after) => {
    const [, at = '0', rest] = /^(\d+)(?: (.*))?$/s.exec(after ?? '0') ?? [];
    const place = Number(at);
    const source = sources[place];
    if (!source) return none();
    const { items, next } = await source(rest);
    if (next !== undefined) return { items, next: `${place} ${next}` };
    return { items, next: place + 1 < sources.length ? String(place + 1) : undefined };
  };

/** Where a search goes on: in the chunk that begins after `after`, behind `skip` of its items. */
export interface Position {
  readonly after?: string | undefined;
  readonly skip: number;
}

export interface Found<T> {
  readonly results: readonly T[];
  readonly next: Position | undefined;
}

/** Those that pass `test`, at most `limit` of them. */
export async function pick<T>(candidates: Candidates<T>, from: Position, limit: number, test: (item: T) => Promise<boolean>, most = MOST): Promise<Found<T>> {
  const results: T[] = [];
  let position: Position | undefined = from;
  for (let looked = 0; position !== undefined && looked < most && results.length < limit; ) {
    const { after, skip }: Position = position;
    const { items, next }: Awaited<ReturnType<Candidates<T>>> = await candidates(after);
    const passed: readonly boolean[] = await Promise.all(items.map((item, place) => (place < skip ? Promise.resolve(false) : test(item))));
    const places = items.flatMap((_, place) => (passed[place] ? [place] : []));
    const taken = places.slice(0, limit - results.length);
    results.push(...taken.map((place) => items[place] as T));
    looked += items.length || 1;
    const last = taken.at(-1);
    const isCut = last !== undefined && taken.length < places.length;
    position = isCut ? { after, skip: last + 1 } : next === undefined ? undefined : { after: next, skip: 0 };
  }
  return { results, next: position };
}
