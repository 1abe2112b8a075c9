import { createCipheriv, createDecipheriv, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto';

import { freshRandom } from '#src/random.ts';

/** SHA-256, base64url: the form in which a bearer secret is stored and looked up (I10). */
export const digestOf = (secret: string): string => hash('sha256', secret, 'base64url');

/**
 * As a key object: with the bytes themselves each cipher takes five times as long to make. Text is an id, on the path
 * of a request, and random in itself: there one hash of it is as good as HKDF and costs a fifth.
 */
const keyFrom = (secret: string | Uint8Array, purpose: string): KeyObject =>
  createSecretKey(
    typeof secret === 'string'
      ? hash('sha256', `${purpose}\0${secret}`, 'buffer')
      : new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), purpose, 32)),
  );

/** AES-256-GCM under a key derived from `secret` for `purpose`. Who holds only the result learns nothing from it. */
export function seal(text: string, secret: string | Uint8Array, purpose: string): string {
  const iv = freshRandom(12);
  const cipher = createCipheriv('aes-256-gcm', keyFrom(secret, purpose), iv);
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** The text that was sealed, or `undefined` when secret or purpose are not the same or the sealed text was changed. */
export function unseal(sealed: string, secret: string | Uint8Array, purpose: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < 28) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyFrom(secret, purpose), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
