import { timingSafeEqual } from 'node:crypto';

import { withSecret } from './credential-text.ts';
import { digestOf } from './storage/seal.ts';

export interface ClientSecret {
  /** SHA-256 of the secret, base64url. The secret itself has 256 random bits and is shown once. */
  readonly digest: string;
  readonly createdAt: string;
}

/** The prefix tells secret scanners, and whoever finds one, what it opens. */
const PREFIXES = { app: 'assent_cs_', resourceServer: 'assent_rs_', operator: 'assent_op_' } as const;

export type SecretOf = keyof typeof PREFIXES;

/** Shown once; only its digest is kept. */
export const newSecret = (of: SecretOf): string => withSecret(PREFIXES[of]);

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
