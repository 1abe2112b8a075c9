import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { base62, base62In, randomBase62 } from './ids.ts';

/** How what opens something ends, after a prefix that says what: 256 random bits and a CRC-32, as base-62 digits. */
const SECRET = 43;
const CHECKSUM = 6;

export const ENDING = SECRET + CHECKSUM;

const checksum = (text: string): string => base62(crc32(text), CHECKSUM);

export function withSecret(beginning: string, secret = randomBase62(SECRET)): string {
  const body = beginning + secret;
  return body + checksum(body);
}

/** A secret for `withSecret`, always the same for the same seed, and as good as random for whoever does not have that: 256 random bits or more. */
export function secretFrom(seed: string): string {
  let secret = '';
  for (let block = 0; secret.length < SECRET; block += 1) secret += base62In(hash('sha512', `${block}\0${seed}`, 'buffer'), SECRET - secret.length);
  return secret;
}

/** `false` of what was mistyped or cut off. No protection against forgery: the random bits are. */
export const checksumHolds = (text: string): boolean => checksum(text.slice(0, -CHECKSUM)) === text.slice(-CHECKSUM);
