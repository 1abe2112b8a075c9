import type { KoaContextWithOIDC } from 'oidc-provider';

import { installationScope } from '#src/consent/effective-permissions.ts';
import { put } from '#src/storage/record-store.ts';

import { asOAuth } from '../errors.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { detailsNow } from '../resource-access.ts';
import { accessTokenKey, type StoredToken } from '../tokens/token-records.ts';
import { mintToken } from '../tokens/token-text.ts';
import { unitOf } from '../unit-of-work.ts';

/**
 * `identity=user tenant`: beside the user token, which stands in the standard fields, the same exchange answers a
 * tenant token. It joins the same commit and dies with the same family, and is bound to the same key (DPoP).
 */
export async function addTenantToken(deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<void> {
  const unit = unitOf(ctx);
  const { code, alsoStanding } = unit;
  if (!code || !alsoStanding) return;
  const { family, shuts } = code.value.binding;
  const { tenant, app, id } = alsoStanding.installation.value;
  const now = Math.floor(deps.clock() / 1000);
  const scope = installationScope(alsoStanding.installation.value, alsoStanding.app).join(' ');
  const details = await asOAuth(() => detailsNow(deps, alsoStanding, undefined));
  const onNodes = details.length > 0;
  const token = mintToken('tenantAccessToken', alsoStanding.shard);
  const key = accessTokenKey(token);
  if (!key) throw new Error('not the text of an access token');
  const expiresIn = deps.lifetimes.accessToken;
  const value: StoredToken = {
    binding: { identity: 'tenant', tenant, app, family, shuts, installation: id },
    payload: {
      kind: 'AccessToken',
      clientId: app,
      iat: now,
      exp: now + expiresIn,
      scope,
      ...(onNodes && { rar: details }),
      extra: { tenant, identity: 'tenant', sub: id },
      ...(ctx.oidc.entities.AccessToken?.jkt ? { jkt: ctx.oidc.entities.AccessToken.jkt } : {}),
    },
  };
  unit.write.push(put(key, value, { tenant, expiresAt: (now + expiresIn) * 1000 }));
  Object.assign(ctx.body as object, { tenant_access_token: token, tenant_expires_in: expiresIn, tenant_scope: scope, ...(onNodes && { tenant_authorization_details: details }) });
}
