import type { Position } from './candidates.ts';

/** Results on a page when nobody says how many, and at most. */
const USUAL = 50;
const LONGEST = 200;

/** The page of a search that is asked for (Authorization API, section 8.2). */
export interface PageAsked {
  readonly token?: string | undefined;
  readonly limit?: number | undefined;
}

interface Kept extends Position {
  readonly limit: number;
}

/** How tokens are made and opened: sealed, and bound to the very search they came of. */
export interface Seal {
  seal(text: string): string;
  /** Throws `invalid_cursor`. */
  open(sealed: string): string;
}

/** Where to go on. A page has the length of the one before; `undefined` when another length is asked for in the middle. */
export function openPage({ token = '', limit }: PageAsked, { open }: Seal): { from: Position; limit: number } | undefined {
  if (token === '') return { from: { skip: 0 }, limit: Math.min(limit ?? USUAL, LONGEST) };
  const kept = JSON.parse(open(token)) as Kept;
  return limit === undefined || Math.min(limit, LONGEST) === kept.limit ? { from: kept, limit: kept.limit } : undefined;
}

/** Empty at the end, as the API has it. */
export const nextToken = (next: Position | undefined, limit: number, { seal }: Seal): string =>
  next === undefined ? '' : seal(JSON.stringify({ after: next.after, skip: next.skip, limit } satisfies Kept));
