import type { KoaContextWithOIDC } from 'oidc-provider';

import type { OperatorId } from '#src/ids.ts';
import { put, type Key, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { credentialOf } from '../credentials.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { DETAILS_ASKED } from '../provider-internals.ts';
import { nodesWithin } from '../resource-access.ts';
import { bindingOf } from '../tokens/jwt-tokens.ts';
import { accessTokenKey, managementTokenKey } from '../tokens/token-records.ts';
import { mintToken } from '../tokens/token-text.ts';
import { unitOf } from '../unit-of-work.ts';

/**
 * What client_credentials is nearly always asked for: a token for a tenant or for an operator that is opaque, bound to no
 * key and meant for no resource server in particular. Answers with it as the library's handler does, and gives what is to
 * be written; `undefined` when anything else was asked for, or more than the client may have: the library does that.
 */
export function mintClientToken({ clock, lifetimes }: OAuthDeps, ctx: KoaContextWithOIDC): Write | undefined {
  if (!isPlain(ctx)) return undefined;
  const iat = Math.floor(clock() / 1000);
  const exp = iat + lifetimes.accessToken;
  const scope = ctx.oidc.params?.['scope'] || undefined;
  const payload = { iat, exp, kind: 'ClientCredentials', clientId: ctx.oidc.client?.clientId, scope };
  const minted = forTenant(ctx, payload) ?? forOperator(ctx, payload);
  if (!minted) return undefined;
  const { token, key, value, tenant } = minted;
  if (!key) throw new Error('not the text of a token of client_credentials');
  ctx.body = { access_token: token, expires_in: lifetimes.accessToken, scope, token_type: 'Bearer' };
  return put(key, value, { tenant, expiresAt: exp * 1000 });
}

const isPlain = ({ headers, oidc: { params, client } }: KoaContextWithOIDC): boolean =>
  params?.['resource'] === undefined && params?.[DETAILS_ASKED] === undefined && headers['dpop'] === undefined && client?.dpopBoundAccessTokens !== true;

interface Minted {
  readonly token: string;
  readonly key: Key<any> | undefined;
  readonly value: object;
  readonly tenant: string | null;
}

/** Its scope was narrowed to what is installed (`prepareClientCredentials`). */
function forTenant(ctx: KoaContextWithOIDC, payload: object): Minted | undefined {
  const unit = unitOf(ctx);
  const binding = bindingOf(ctx, unit);
  const { standing } = unit;
  if (standing?.identity !== 'tenant' || !binding || nodesWithin(standing, undefined).length > 0) return undefined;
  const { tenant, id } = standing.installation.value;
  const token = mintToken('tenantAccessToken', standing.shard);
  return { token, key: accessTokenKey(token), value: { binding, payload: { ...payload, extra: { tenant, identity: 'tenant', sub: id } } }, tenant };
}

function forOperator(ctx: KoaContextWithOIDC, payload: { readonly scope: unknown }): Minted | undefined {
  const { client } = ctx.oidc;
  const may = client?.scope?.split(' ') ?? [];
  if (client?.['assent_kind'] !== 'operator' || !String(payload.scope).split(' ').every((name) => may.includes(name))) return undefined;
  const token = mintToken('managementToken', shardOf(client.clientId));
  return { token, key: managementTokenKey(token), value: { client: client.clientId as OperatorId, credential: credentialOf(ctx), payload }, tenant: null };
}
