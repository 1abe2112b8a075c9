import { AppError } from '#src/errors.ts';

/** Where a page ended: the last entry's sort key and id. It names a place between entries, so the entry may go. */
export interface ScanPosition {
  readonly sort: string;
  readonly id: string;
}

export const encodePosition = ({ sort, id }: ScanPosition): string =>
  Buffer.from(JSON.stringify([sort, id])).toString('base64url');

export function decodePosition(cursor: string): ScanPosition {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(parts) && parts.length === 2) {
      const [sort, id] = parts as unknown[];
      if (typeof sort === 'string' && typeof id === 'string') return { sort, id };
    }
  } catch (cause) {
    throw new AppError('invalid_cursor', { cause });
  }
  throw new AppError('invalid_cursor');
}
