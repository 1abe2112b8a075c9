import Provider, { errors } from 'oidc-provider';

import { newId, shardOfId } from '#src/ids.ts';
import type { Shard } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { unitOf, type UnitOfWork } from '../unit-of-work.ts';
import { successorOf } from './rotation.ts';
import { nameOfFamily } from './token-records.ts';
import { mintToken } from './token-text.ts';

type Minted = { readonly grantId?: string; readonly clientId?: string };

const currentUnit = (): UnitOfWork | undefined => Provider.ctx && unitOf(Provider.ctx);

/** The tenant's shard, in which everything of this grant or installation is. */
function shardOfGrant({ grantId = '' }: Minted): Shard {
  const shard = shardOfId('grant', grantId) ?? shardOfId('installation', grantId);
  if (shard === undefined) throw new errors.InvalidGrant('the grant has no shard');
  return shard;
}

/** The text of a refresh token: within the grace the successor that was already given, else a new one, the first of a family from a code. */
function refreshTokenText(token: Minted): string {
  const unit = currentUnit();
  const presented = unit?.presented;
  if (presented) return presented.verdict.is === 'grace' ? presented.verdict.successor : successorOf(presented.token, presented.salt);
  const family = unit?.code?.value.binding.family;
  if (!family) throw new Error('a refresh token comes from a code or a refresh token');
  return mintToken('refreshToken', shardOfGrant(token), nameOfFamily(family));
}

/** By client_credentials or an exchange: a token for a tenant or a member, an app's own, or an operator's. */
function clientToken({ clientId = '' }: Minted): string {
  const standing = currentUnit()?.standing;
  if (standing) return mintToken(standing.identity === 'user' ? 'userAccessToken' : 'tenantAccessToken', standing.shard);
  return mintToken(clientId.startsWith('app_') ? 'appToken' : 'managementToken', shardOf(clientId));
}

export const mintedTexts = {
  jwt: (token: Minted) => newId('jwt', currentUnit()?.standing?.shard ?? shardOfGrant(token)),
  AuthorizationCode: (token: Minted) => mintToken('code', shardOfGrant(token)),
  AccessToken: (token: Minted) =>
    mintToken(currentUnit()?.standing?.identity === 'tenant' ? 'tenantAccessToken' : 'userAccessToken', shardOfGrant(token)),
  RefreshToken: refreshTokenText,
  ClientCredentials: clientToken,
};
