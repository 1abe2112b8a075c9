import type { KoaContextWithOIDC } from 'oidc-provider';

import { shutsOf } from '#src/approvals/decide.ts';
import { shardOfId, type GrantId, type UserId } from '#src/ids.ts';
import { put, type Key } from '#src/storage/record-store.ts';

import { credentialOf } from '../credentials.ts';
import { unitOf, type UnitOfWork } from '../unit-of-work.ts';
import { ACCESS_TOKEN, type StoredToken, type TokenBinding } from './token-records.ts';

/** The `jti` of a JWT access token is an id, not a secret: it opens nothing, and only we ask for it. */
export const jwtKey = (jti: string): Key<StoredToken> | undefined => {
  const shard = shardOfId('jwt', jti);
  return shard === undefined ? undefined : { shard, kind: ACCESS_TOKEN, id: jti };
};

interface Claims {
  readonly jti?: unknown;
  readonly exp?: unknown;
  readonly iat?: unknown;
}

/** What a token of this request hangs on. */
export function bindingOf(ctx: object, { standing, code, family, exchanged }: UnitOfWork): TokenBinding | undefined {
  const source = code ?? family;
  if (source) return source.value.binding;
  if (exchanged) return exchanged.binding;
  if (standing?.identity !== 'tenant') return undefined;
  const { tenant, app, id: installation } = standing.installation.value;
  return { identity: 'tenant', tenant, app, family: null, shuts: shutsOf(standing.app.approval), installation, credential: credentialOf(ctx) };
}

/**
 * Keeps what a JWT hangs on, in the commit that makes it, so that a resource server that asks hears what is true now:
 * verifying the signature alone it learns of a revocation when the token ends.
 */
export function noteJwt(ctx: KoaContextWithOIDC, token: Readonly<Record<string, unknown>>, { jti, exp, iat }: Claims): void {
  const unit = unitOf(ctx);
  const key = jwtKey(String(jti));
  const binding = bindingOf(ctx, unit);
  if (!key || !binding) throw new Error('a JWT access token comes from a code, a refresh token or an installation');
  const { clientId, accountId, grantId, scope, aud, extra, jkt, gty, rar } = token;
  const payload = { kind: 'AccessToken', clientId, accountId, grantId, scope, aud, extra, jkt, gty, ...(rar !== undefined && { rar }), exp, iat, ...personOf(binding) };
  unit.write.push(put(key, { binding, payload }, { tenant: binding.tenant, expiresAt: Number(exp) * 1000 }));
}

/** What comes of an exchange is minted without anybody; it acts for the member all the same. */
export const personOf = (binding: TokenBinding): { accountId?: UserId; grantId?: GrantId } =>
  binding.identity === 'user' ? { accountId: binding.user, grantId: binding.grant } : {};
