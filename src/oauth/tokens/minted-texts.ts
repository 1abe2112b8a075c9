import Provider from 'oidc-provider';

import type { OperatorId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';

import { shardOfGrant } from '../models/authorization-code.ts';
import { unitOf } from '../unit-of-work.ts';
import { nameOfFamily } from './token-records.ts';
import { mintToken } from './token-text.ts';

type Minted = { readonly grantId?: string; readonly clientId?: string };

/** The text of a refresh token: within the grace the successor that was already given, else a new one of the family. */
function refreshTokenText(token: Minted): string {
  const ctx = Provider.ctx;
  const unit = ctx && unitOf(ctx);
  if (unit?.presented?.verdict.is === 'grace') return unit.presented.verdict.successor;
  const family = unit?.family?.value.binding.family ?? unit?.code?.value.binding.family;
  if (!family) throw new Error('a refresh token comes from a code or a refresh token');
  return mintToken('refreshToken', shardOfGrant(String(token.grantId)), nameOfFamily(family));
}

export const mintedTexts = {
  AuthorizationCode: (token: Minted) => mintToken('code', shardOfGrant(String(token.grantId))),
  AccessToken: (token: Minted) => mintToken('userAccessToken', shardOfGrant(String(token.grantId))),
  RefreshToken: refreshTokenText,
  ClientCredentials: (token: Minted) => mintToken('managementToken', shardOf(token.clientId as OperatorId)),
};
