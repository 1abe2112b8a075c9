import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';

import { AppError } from '#src/errors.ts';

const TAG_BYTES = 16;

/**
 * A store's cursor as strangers get it: bound to `list`, the text that names one list of one tenant with its filters.
 * Under any other list it is `invalid_cursor` (threat xT7). And it is unreadable: a cursor stands where the store stopped
 * looking, which can be a name that its reader may not see. The tag is the nonce too, so that one cursor has one text
 * (synthetic, as in RFC 5297).
 */
export function sealCursor(cursor: string, { list, key }: { list: string; key: Uint8Array }): string {
  const tag = tagOf(cursor, list, key);
  const cipher = createCipheriv('aes-256-ctr', cipherKey(key), tag);
  return Buffer.concat([tag, cipher.update(cursor, 'utf8'), cipher.final()]).toString('base64url');
}

export function openCursor(sealed: string, { list, key }: { list: string; key: Uint8Array }): string {
  const bytes = Buffer.from(sealed, 'base64url');
  // Written back and compared: base64url has spare bits and `Buffer` skips what it does not know.
  if (bytes.length <= TAG_BYTES || bytes.toString('base64url') !== sealed) throw new AppError('invalid_cursor');
  const tag = bytes.subarray(0, TAG_BYTES);
  const decipher = createDecipheriv('aes-256-ctr', cipherKey(key), tag);
  const cursor = Buffer.concat([decipher.update(bytes.subarray(TAG_BYTES)), decipher.final()]).toString('utf8');
  if (!timingSafeEqual(tag, tagOf(cursor, list, key))) throw new AppError('invalid_cursor');
  return cursor;
}

const tagOf = (cursor: string, list: string, key: Uint8Array): Buffer =>
  createHmac('sha256', key).update(JSON.stringify(['cursor', list, cursor])).digest().subarray(0, TAG_BYTES);

const cipherKey = (key: Uint8Array): Buffer => createHmac('sha256', key).update(JSON.stringify(['cursor that nobody reads'])).digest();
