import type { AppId, FamilyId, GrantId, InstallationId, MembershipId, OperatorId, TenantId, UserId } from '#src/ids.ts';
import { defineKind, type Key } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';

import type { Credential } from '../credentials.ts';
import { parseToken, type TokenKind } from './token-text.ts';

/** What oidc-provider keeps of a token, without the token itself (`jti` of an opaque token is the token). */
export type Payload = Readonly<Record<string, unknown>>;

interface Bound {
  readonly tenant: TenantId;
  readonly app: AppId;
  /**
   * All that came of one code. Replaying the code or a used refresh token removes it, and with it all of them.
   * `null` for a tenant token by client_credentials, which came of none.
   */
  readonly family: FamilyId | null;
  /** See `Approval.shuts`. */
  readonly shuts: number;
}

/** A user token: the app acts as a member. */
export interface UserBinding extends Bound {
  readonly identity: 'user';
  readonly user: UserId;
  readonly membership: MembershipId;
  readonly grant: GrantId;
}

/** A tenant token: the app acts as itself, whoever installed it. */
export interface TenantBinding extends Bound {
  readonly identity: 'tenant';
  readonly installation: InstallationId;
  /** Of a token by client_credentials: what the app came with. */
  readonly credential?: Credential | null;
}

/** What a code and all tokens that come of it hang on. When any of it is gone, so are they. */
export type TokenBinding = UserBinding | TenantBinding;

export interface StoredToken {
  readonly binding: TokenBinding;
  readonly payload: Payload;
}

export interface StoredCode extends StoredToken {
  /** For `identity=user tenant`: the installation that a tenant token is minted for beside the user token. */
  readonly alsoFor: InstallationId | null;
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
    /** With this the live token was made of the previous one: only who holds that can have it again. */
    readonly salt: string;
  } | null;
}

export interface TokenFamily {
  readonly binding: TokenBinding;
  readonly refresh: RefreshState | null;
}

/** Of an operator, for the management API; or an app's own, for asking how it stands in a tenant. */
export interface ClientToken {
  readonly client: OperatorId | AppId;
  readonly credential?: Credential | null;
  readonly payload: Payload;
}

const CODE = defineKind<StoredCode>('code', { schema: 1 });
export const ACCESS_TOKEN = defineKind<StoredToken>('access-token', { schema: 1 });
const FAMILY = defineKind<TokenFamily>('token-family', { schema: 1 });
const CLIENT_TOKEN = defineKind<ClientToken>('client-token', { schema: 1 });

const keyOf = <T>(kind: Key<T>['kind'], tokenKind: TokenKind) => (token: string): Key<T> | undefined => {
  const text = parseToken(token, tokenKind);
  return text && { shard: text.shard, kind, id: digestOf(token) };
};

/** Where a token is stored, or `undefined` when the text is none of this kind: no storage read is needed then. */
export const codeKey = keyOf(CODE, 'code');
const userTokenKey = keyOf(ACCESS_TOKEN, 'userAccessToken');
const tenantTokenKey = keyOf(ACCESS_TOKEN, 'tenantAccessToken');
export const accessTokenKey = (token: string): Key<StoredToken> | undefined => userTokenKey(token) ?? tenantTokenKey(token);
export const managementTokenKey = keyOf(CLIENT_TOKEN, 'managementToken');
export const appTokenKey = keyOf(CLIENT_TOKEN, 'appToken');
export const clientTokenKey = (token: string): Key<ClientToken> | undefined => managementTokenKey(token) ?? appTokenKey(token);

export const familyKey = (shard: Key['shard'], id: string): Key<TokenFamily> => ({ shard, kind: FAMILY, id });

export function familyKeyOfRefreshToken(token: string): Key<TokenFamily> | undefined {
  const text = parseToken(token, 'refreshToken');
  return text && familyKey(text.shard, `fam_${text.name}`);
}

/** The part of a family's id that stands in its refresh tokens. */
export const nameOfFamily = (id: FamilyId): string => id.slice('fam_'.length);
