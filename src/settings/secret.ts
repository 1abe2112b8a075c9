import { hkdfSync, randomBytes } from 'node:crypto';

import { keptFile } from '#src/kept-file.ts';

import type { Parser } from './parsers.ts';

/** Marks a secret that Assent made for development, so that production can refuse it. */
const DEVELOPMENT_MARK = 'development.';

export interface MasterSecret {
  readonly bytes: Buffer;
  readonly madeForDevelopment: boolean;
}

/** At least 32 bytes as base64url. A text that repeats few characters was typed, not drawn. */
export const masterSecret: Parser<MasterSecret> = (text) => {
  const madeForDevelopment = text.startsWith(DEVELOPMENT_MARK);
  const encoded = madeForDevelopment ? text.slice(DEVELOPMENT_MARK.length) : text;
  if (!/^[A-Za-z0-9_-]{43,}$/.test(encoded) || new Set(encoded).size < 16) {
    throw new Error('must be at least 32 random bytes as base64url; make one with: openssl rand -base64 32 | tr +/ -_ | tr -d =');
  }
  return { bytes: Buffer.from(encoded, 'base64url'), madeForDevelopment };
};

/** One key for one purpose (HKDF-SHA-256, 32 bytes): a leak of one says nothing about another. */
export const deriveKey = (secret: MasterSecret, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret.bytes, 'assent', purpose, 32));

/** The development secret kept at `path`, made at first use. */
export const keptDevelopmentSecret = (path: string): string =>
  keptFile(path, () => `${DEVELOPMENT_MARK}${randomBytes(32).toString('base64url')}\n`).trim();
