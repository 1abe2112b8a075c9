import { AppError } from '#src/errors.ts';

/** Where a page ended: the last entry's sort key and id. It names a place between entries, so the entry may go. */
export interface ScanPosition {
  readonly sort: string;
  readonly id: string;
}

export const encodePosition = ({ sort, id }: ScanPosition): string =>
  Buffer.from(JSON.stringify([sort, id])).toString('base64url');

/** Where the page that the query asks for begins; `undefined` at the first. */
export function positionAfter({ after, prefix = '' }: { after?: string; prefix?: string }): ScanPosition | undefined {
  if (after === undefined) return undefined;
  const position = decode(after);
  if (!position?.sort.startsWith(prefix)) throw new AppError('invalid_cursor');
  return position;
}

function decode(cursor: string): ScanPosition | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parts) || parts.length !== 2) return undefined;
    const [sort, id] = parts as unknown[];
    return typeof sort === 'string' && typeof id === 'string' ? { sort, id } : undefined;
  } catch {
    return undefined;
  }
}
