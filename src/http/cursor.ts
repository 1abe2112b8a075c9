import { createHmac, timingSafeEqual } from 'node:crypto';

import { AppError } from '#src/errors.ts';

const TAG_BYTES = 16;

/**
 * A store's cursor as strangers get it: authenticated and bound to `list`, the text that names one list of one tenant
 * with its filters. Under any other list it is `invalid_cursor` (threat xT7).
 */
export function sealCursor(cursor: string, { list, key }: { list: string; key: Uint8Array }): string {
  return Buffer.concat([tagOf(cursor, list, key), Buffer.from(cursor, 'utf8')]).toString('base64url');
}

export function openCursor(sealed: string, { list, key }: { list: string; key: Uint8Array }): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const cursor = bytes.subarray(TAG_BYTES).toString('utf8');
  // Written back and compared, so that one cursor has one text: base64url has spare bits and `Buffer` skips what it does not know.
  const whole = bytes.length > TAG_BYTES && bytes.toString('base64url') === sealed;
  if (!whole || !timingSafeEqual(bytes.subarray(0, TAG_BYTES), tagOf(cursor, list, key))) throw new AppError('invalid_cursor');
  return cursor;
}

const tagOf = (cursor: string, list: string, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update(JSON.stringify(['cursor', list, cursor])).digest().subarray(0, TAG_BYTES);
