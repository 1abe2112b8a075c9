import { createRemoteJWKSet, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

import type { OAuth } from './connection.ts';

/** What a context token says: who opened the app, where, and in which role. */
export type Launch = z.output<typeof Launch>;
const Launch = z.object({
  sub: z.string(),
  jti: z.string(),
  tenant: z.string(),
  authorization: z.enum(['unauthenticated', 'authenticated', 'authorized']),
  context: z.object({ kind: z.string(), id: z.string() }).nullable(),
  role: z.string().nullable(),
  context_id: z.string(),
});

/** What the app keeps of a launch. The token never leaves the server. */
export interface Opened {
  readonly claims: Launch;
  readonly contextToken: string;
  readonly accessToken: string | undefined;
  readonly times: number;
}

const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'];
const LIFETIME_MS = 300_000;

export type Verify = ReturnType<typeof createVerify>;

/** Checks a context token with the published keys, and takes each only once. Throws for any that is not good here. */
export function createVerify(oauth: Pick<OAuth, 'configuration'>, clientId: string) {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  const seen = new LRUCache<string, true>({ max: 10_000, ttl: 2 * LIFETIME_MS });

  return async (token: string): Promise<Launch> => {
    const { issuer, jwks_uri: jwksUri = '' } = (await oauth.configuration()).serverMetadata();
    keys ??= createRemoteJWKSet(new URL(jwksUri));
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: clientId,
      typ: 'context+jwt',
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'iat', 'jti'],
      maxTokenAge: LIFETIME_MS / 1000,
      clockTolerance: 5,
    });
    const launch = Launch.parse(payload);
    if (seen.has(launch.jti)) throw new Error('This context token was posted before.');
    seen.set(launch.jti, true);
    return launch;
  };
}

/** What the app may call for the person here, as the authorization server says it. */
export type Start = z.output<typeof Start>;
export const Start = z.object({
  context: z.object({ kind: z.string(), id: z.string(), title: z.string().nullable(), number: z.string().nullable() }),
  role: z.string(),
  authorization: z.enum(['unauthenticated', 'authenticated', 'authorized']),
  connect: z.url({ protocol: /^https?$/ }).nullable(),
  supported: z.array(z.object({ name: z.string(), title: z.string(), onlyOwn: z.boolean() })),
  unsupported: z.array(
    z.object({ name: z.string(), title: z.string(), code: z.string(), detail: z.string(), permission: z.string().nullable(), ask: z.url({ protocol: /^https?$/ }).nullable() }),
  ),
});
