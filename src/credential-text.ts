import { crc32 } from 'node:zlib';

import { base62, randomBase62 } from './ids.ts';

/** How what opens something ends, after a prefix that says what: 256 random bits and a CRC-32, as base-62 digits. */
const SECRET = 43;
const CHECKSUM = 6;

export const ENDING = SECRET + CHECKSUM;

const checksum = (text: string): string => base62(crc32(text), CHECKSUM);

export function withSecret(beginning: string): string {
  const body = beginning + randomBase62(SECRET);
  return body + checksum(body);
}

/** `false` of what was mistyped or cut off. No protection against forgery: the random bits are. */
export const checksumHolds = (text: string): boolean => checksum(text.slice(0, -CHECKSUM)) === text.slice(-CHECKSUM);
