import type { AppId, FamilyId, GrantId, MembershipId, OperatorId, TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';

import { parseToken, type TokenKind } from './token-text.ts';

/** What oidc-provider keeps of a token, without the token itself (`jti` of an opaque token is the token). */
export type Payload = Readonly<Record<string, unknown>>;

/** What a code and all tokens that come of it hang on. When any of it is gone, so are they. */
export interface TokenBinding {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly membership: MembershipId;
  readonly app: AppId;
  readonly grant: GrantId;
  /** All that came of one code. Replaying the code or a used refresh token removes it, and with it all of them. */
  readonly family: FamilyId;
}

export interface StoredToken extends TokenBinding {
  readonly payload: Payload;
}

export interface RefreshState {
  /** Digest of the one live refresh token of the family (I6). */
  readonly digest: string;
  readonly expiresAt: number;
  readonly payload: Payload;
  /** The one before, for a short and counted grace: the answer that carried its successor may have been lost. */
  readonly previous: {
    readonly digest: string;
    readonly graceUntil: number;
    readonly graceUses: number;
    /** The live token, sealed with the previous one: only who holds that can have it again. */
    readonly successor: string;
  } | null;
}

export interface TokenFamily extends TokenBinding {
  readonly refresh: RefreshState | null;
}

export interface ManagementToken {
  readonly operator: OperatorId;
  readonly payload: Payload;
}

const CODE = defineKind<StoredToken>('code', { schema: 1 });
const ACCESS_TOKEN = defineKind<StoredToken>('access-token', { schema: 1 });
const FAMILY = defineKind<TokenFamily>('token-family', { schema: 1 });
const MANAGEMENT_TOKEN = defineKind<ManagementToken>('management-token', { schema: 1 });

const keyOf = <T>(kind: Key<T>['kind'], tokenKind: TokenKind) => (token: string): Key<T> | undefined => {
  const text = parseToken(token, tokenKind);
  return text && { shard: text.shard, kind, id: digestOf(token) };
};

/** Where a token is stored, or `undefined` when the text is none of this kind: no storage read is needed then. */
export const codeKey = keyOf(CODE, 'code');
export const accessTokenKey = keyOf(ACCESS_TOKEN, 'userAccessToken');
export const managementTokenKey = keyOf(MANAGEMENT_TOKEN, 'managementToken');

export const familyKey = (shard: Key['shard'], id: string): Key<TokenFamily> => ({ shard, kind: FAMILY, id });

export function familyKeyOfRefreshToken(token: string): Key<TokenFamily> | undefined {
  const text = parseToken(token, 'refreshToken');
  return text && familyKey(text.shard, `fam_${text.name}`);
}

/** The part of a family's id that stands in its refresh tokens. */
export const nameOfFamily = (id: FamilyId): string => id.slice('fam_'.length);

export const bindingOf = ({ tenant, user, membership, app, grant, family }: TokenBinding): TokenBinding => ({
  tenant,
  user,
  membership,
  app,
  grant,
  family,
});
