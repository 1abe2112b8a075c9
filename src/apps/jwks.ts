import { createHash } from 'node:crypto';

import type { App } from './app.ts';

const MOST_KEYS = 20;
/** Members that only a private key has (RFC 7518 section 6); nobody should send us one. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** What is wrong with the public keys of an app, in a sentence, or `undefined`. */
export function jwksProblem(jwks: App['jwks']): string | undefined {
  if (!jwks || jwks.keys.length === 0) return 'Give the public keys of the app, at least one.';
  if (jwks.keys.length > MOST_KEYS) return `At most ${MOST_KEYS} keys.`;
  if (jwks.keys.some((key) => PRIVATE.some((member) => Object.hasOwn(key, member)))) {
    return 'These are private keys. Send the public ones, and do not use these private ones any more.';
  }
  if (jwks.keys.some(({ kty }) => !['EC', 'RSA', 'OKP'].includes(String(kty)))) return 'Every key has a kty: EC, RSA or OKP.';
  return undefined;
}

/** The members that a key is, in the order of their names; everything else about it is said of it (RFC 7638 section 3.2). */
const ESSENTIAL: Readonly<Record<string, readonly string[]>> = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] };

/** RFC 7638: the same for the same key, whatever it is called. */
export function keyThumbprint(key: Readonly<Record<string, unknown>>): string {
  const essential = (ESSENTIAL[String(key['kty'])] ?? []).map((name) => [name, key[name]]);
  return createHash('sha256').update(JSON.stringify(Object.fromEntries(essential))).digest('base64url');
}
