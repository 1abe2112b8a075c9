import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AppId, TenantId, UserId } from '#src/ids.ts';

/** A member of `authorization_details`, type `resource_access`. */
export interface AskedResource {
  readonly kind: string;
  readonly right: 'read' | 'write' | 'manage' | 'full_control';
  /** `null` when the app did not say. */
  readonly template: string | null;
  /** The very node, where the app knows it (S12); else a person chooses. */
  readonly identifier: string | null;
}

/** An authorization request that waits for a person, as far as pages need to know it. */
export interface PendingRequest {
  readonly uid: string;
  readonly waitsFor: 'sign-in' | 'consent';
  readonly app: AppId;
  readonly redirectUri: string;
  /** Which kinds of token the code is for; both in one exchange with `identity=user tenant`. */
  readonly identity: 'user' | 'tenant' | 'user tenant';
  /** Scope values that the app asked for, known or not, without `shared_access`. */
  readonly scopes: readonly string[];
  /** What the app asks for on nodes of the resource tree (RFC 9396). */
  readonly resources?: readonly AskedResource[];
  readonly tenantHint: TenantId | undefined;
  readonly loginHint: string | undefined;
  /** `include_granted_scopes=true` (Z12). */
  readonly includeGranted: boolean;
  /** What a yes makes of what the app holds already (Grant Management for OAuth 2.0). */
  readonly manner: 'create' | 'merge' | 'replace';
  /** The request names a grant: it can only be about the tenant of that one. */
  readonly namesGrant: boolean;
  /** The signed-in person the request is bound to; `undefined` while it waits for sign-in. */
  readonly user: UserId | undefined;
  /** The address at which the same request can be started over, as another person say. */
  readonly restartPath: string;
}

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/**
 * Pending requests as the sign-in page sees them; `oauth/` implements it. Answers are addresses to redirect to (303).
 * A request opened in another browser, expired or already answered is `interaction_expired`.
 */
export interface PendingSignIns {
  find(exchange: Exchange, uid: string): Promise<PendingRequest>;
  signedIn(exchange: Exchange, uid: string, user: UserId): Promise<string>;
}
