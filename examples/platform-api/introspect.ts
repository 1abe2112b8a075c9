import { z } from 'zod';

import type { Token } from './authorize.ts';

export interface IntrospectionSettings {
  readonly issuer: string;
  /** This API's own credentials as a resource server. */
  readonly id: string;
  readonly secret: string;
}

/** What the token lacks, who can grant it, and where they do it. */
export type Missing = z.output<typeof Missing>;

export interface Introspected {
  readonly token: Token;
  readonly missing: Missing | undefined;
}

/** What an answer shall also tell. */
export interface Asked {
  /** Of a tenant token: whether this user's data is within its range. */
  readonly owner?: string | undefined;
  /** Who could grant this permission, if the token lacks it. */
  readonly permission?: string | undefined;
}

/** Assent could not be asked. Nobody is let in meanwhile. */
export class IntrospectionUnavailable extends Error {
  override readonly name = 'IntrospectionUnavailable';
}

const Missing = z.object({
  permission: z.string(),
  identity: z.enum(['user', 'tenant']),
  state: z.string(),
  who: z.string(),
  whoInWords: z.string(),
  link: z.string(),
});
const Answer = z.object({ active: z.boolean() }).loose();
const AccessToken = z.object({
  sub: z.string(),
  tenant: z.string(),
  identity: z.enum(['user', 'tenant']),
  client_id: z.string(),
  token_type: z.string(),
  scope: z.string().default(''),
  aud: z.union([z.string(), z.array(z.string())]).default([]),
  shared_access_from: z.array(z.object({ user: z.string(), permissions: z.array(z.string()) })).default([]),
  data_owner_in_range: z.boolean().default(false),
  missing: Missing.optional(),
});

/**
 * Asks Assent about a bearer token (RFC 7662): `undefined` when it is not a live access token. The answer is not
 * cached, so that a revocation counts from the next call on.
 */
export async function introspect(settings: IntrospectionSettings, bearer: string, asked: Asked = {}): Promise<Introspected | undefined> {
  const answer = await ask(settings, bearer, asked);
  if (!answer.active) return undefined;
  // A token that is live but says no tenant or identity is of another kind: a refresh token, an operator's token.
  const { data } = AccessToken.safeParse(answer);
  if (data === undefined) return undefined;
  const token: Token = {
    sub: data.sub,
    tenant: data.tenant,
    identity: data.identity,
    client: data.client_id,
    type: data.token_type,
    audiences: [data.aud].flat(),
    scopes: data.scope.split(' ').filter(Boolean),
    sharedAccessFrom: data.shared_access_from,
    ownerInRange: data.data_owner_in_range,
  };
  return { token, missing: data.missing };
}

async function ask({ issuer, id, secret }: IntrospectionSettings, token: string, { owner, permission }: Asked) {
  // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
  const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  try {
    const response = await fetch(`${issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, accept: 'application/json' },
      body: new URLSearchParams({
        token,
        token_type_hint: 'access_token',
        ...(owner !== undefined && { data_owner: owner }),
        ...(permission !== undefined && { permission }),
      }),
      redirect: 'error',
      signal: AbortSignal.timeout(3000),
    });
    if (!response.ok) throw new Error(`the introspection endpoint answered ${response.status}`);
    return Answer.parse(await response.json());
  } catch (cause) {
    throw new IntrospectionUnavailable('Assent could not be asked about the token', { cause });
  }
}
