import type { IncomingMessage, ServerResponse } from 'node:http';

import type { AppId, TenantId, UserId } from '#src/ids.ts';

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
  readonly tenantHint: TenantId | undefined;
  readonly loginHint: string | undefined;
  /** `include_granted_scopes=true` (Z12). */
  readonly includeGranted: boolean;
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
