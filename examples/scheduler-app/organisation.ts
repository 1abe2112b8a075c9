import * as client from 'openid-client';
import { z } from 'zod';

import { chosenIn, type Chosen } from './nodes.ts';

/** What the app holds for an organisation, to act there as itself. */
export interface Organisation {
  readonly tenant: string;
  /** Who the app is there. */
  readonly installation: string;
  readonly accessToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly scope: string;
  /** What an administrator chose for it in the organisation's sites. */
  readonly nodes: readonly Chosen[];
}

const Introspected = z.object({ active: z.literal(true), identity: z.literal('tenant'), tenant: z.string(), sub: z.string() });

/** How the app stands in an organisation, as the organisation's administrators see it, too. */
export type OwnState = z.output<typeof OwnState>;
const OwnState = z.object({
  approval: z.string(),
  installation: z.object({ status: z.enum(['active', 'suspended']), dataRange: z.object({ kind: z.enum(['all', 'some']) }) }).nullable(),
  permissions: z.array(z.object({ permission: z.string(), identity: z.enum(['user', 'tenant']), required: z.boolean(), state: z.string() })),
});

/** A token response does not say for which tenant it is; an app may ask about its own tokens (RFC 7662). */
export async function organisationFrom(
  config: client.Configuration,
  { token, seconds = 300, scope = '', nodes = [] }: { token: string; seconds?: number | undefined; scope?: string | undefined; nodes?: readonly Chosen[] },
): Promise<Organisation> {
  const { tenant, sub } = Introspected.parse(await client.tokenIntrospection(config, token, { token_type_hint: 'access_token' }));
  return { tenant, installation: sub, accessToken: token, expiresAt: Date.now() + seconds * 1000, scope, nodes };
}

/** The tenant in which a person connected. */
export async function tenantOf(config: client.Configuration, accessToken: string): Promise<string | undefined> {
  const { tenant } = await client.tokenIntrospection(config, accessToken);
  return typeof tenant === 'string' ? tenant : undefined;
}

/** A new token for the tenant with the app's own credentials: nobody has to be there. All that is installed, or only `scope`. */
export async function tokenForTenant(config: client.Configuration, { tenant, installation }: Organisation, scope?: string): Promise<Organisation> {
  const tokens = await client.clientCredentialsGrant(config, { tenant, ...(scope !== undefined && { scope }) });
  return {
    tenant,
    installation,
    accessToken: tokens.access_token,
    expiresAt: Date.now() + (tokens.expiresIn() ?? 300) * 1000,
    scope: tokens.scope ?? scope ?? '',
    nodes: chosenIn(tokens),
  };
}

/** With a token of the app for itself, which opens no data. `undefined` where the app has nothing (any more). */
export async function ownState(config: client.Configuration, { tenant }: Organisation): Promise<OwnState | undefined> {
  const { access_token: token } = await client.clientCredentialsGrant(config);
  const url = new URL(`/api/v1/app/tenants/${encodeURIComponent(tenant)}`, config.serverMetadata().issuer);
  const response = await client.fetchProtectedResource(config, token, url, 'GET');
  return response.ok ? OwnState.parse(await response.json()) : undefined;
}
