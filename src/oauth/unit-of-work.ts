import type { AssentEvent } from '#src/events.ts';
import type { MintedLaunch } from '#src/launches/launch.ts';
import type { MissingPermission } from '#src/marketplace/missing-permission.ts';
import type { Expectation, StoredRecord, Write } from '#src/storage/record-store.ts';
import type { User } from '#src/tenants/user.ts';

import type { Payload, StoredCode, TokenBinding, TokenFamily } from './tokens/token-records.ts';
import type { Presented } from './tokens/rotation.ts';
import type { TenantStanding, TokenStanding } from './tokens/standing.ts';

export interface CodeChange {
  readonly expect: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events: readonly AssentEvent[];
}

/**
 * What one request at the OAuth endpoints has read and is about to write. oidc-provider saves and consumes records one
 * by one; the adapter gathers it here, and it becomes a single commit at the end, so a crash leaves all or nothing.
 */
export interface UnitOfWork {
  /** What the refusal of this request is about: it joins the error in the answer (L7). */
  missing?: MissingPermission;
  /** Whose session it is, read with it. */
  person?: User;
  standing?: TokenStanding;
  /** For `identity=user tenant`: what the tenant token beside the user token hangs on. */
  alsoStanding?: TenantStanding;
  /** At the authorization endpoint: what has to be so, and what the person's answer changes, in the code's commit. */
  codeChange?: CodeChange;
  code?: StoredRecord<StoredCode>;
  family?: StoredRecord<TokenFamily>;
  /** The launch whose context token is exchanged, and what the token that it is exchanged for hangs on. */
  exchanged?: { readonly binding: TokenBinding; readonly launch: StoredRecord<MintedLaunch>; readonly expect: readonly Expectation[] };
  /** With `salt` its successor is made, if it gets a new one. */
  presented?: { readonly token: string; readonly verdict: Presented; readonly salt: string };
  newRefreshToken?: { readonly token: string; readonly payload: Payload; readonly expiresAt: number };
  /** Seconds since the epoch at which the longest-lived access token of this request ends. */
  accessTokenEnds: number;
  readonly write: Write[];
}

const UNIT = Symbol('unit of work');

/** The unit of the request with this koa context. */
export const unitOf = (ctx: object): UnitOfWork => ((ctx as { [UNIT]?: UnitOfWork })[UNIT] ??= { accessTokenEnds: 0, write: [] });

/** Forgets what was gathered: the request is tried once more, or has failed. */
export const resetUnit = (ctx: object): void => void Object.assign(ctx, { [UNIT]: undefined });
