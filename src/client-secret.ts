import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { base62, randomBase62 } from './ids.ts';
import { digestOf } from './storage/seal.ts';

export interface ClientSecret {
  /** SHA-256 of the secret, base64url. The secret itself has 256 random bits and is shown once. */
  readonly digest: string;
  readonly createdAt: string;
}

/** The prefix tells secret scanners, and whoever finds one, what it opens. */
const PREFIXES = { app: 'assent_cs_', resourceServer: 'assent_rs_', operator: 'assent_op_' } as const;

export type SecretOf = keyof typeof PREFIXES;

const RANDOM = 43;
const CHECKSUM = 6;

const checksum = (text: string): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, CHECKSUM);
};

/** `assent_cs_`, 256 random bits as 43 base-62 digits, CRC-32 as 6. Shown once; only its digest is kept. */
export function newSecret(of: SecretOf): string {
  const body = PREFIXES[of] + randomBase62(RANDOM);
  return body + checksum(body);
}

/** Whether the digest of `secret` is one of `digests`, in time that does not depend on which. */
export function secretMatches(secret: string, digests: readonly string[]): boolean {
  const given = Buffer.from(digestOf(secret));
  let matches = false;
  for (const digest of digests) {
    const kept = Buffer.from(digest);
    if (kept.length === given.length && timingSafeEqual(kept, given)) matches = true;
  }
  return matches;
}
