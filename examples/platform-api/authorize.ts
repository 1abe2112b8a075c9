/**
 * The one place that decides. It takes facts and gives an answer with its reason; it reads nothing and knows no HTTP.
 */

/** What introspection said about a live access token. */
export interface Token {
  /** The user, or the installation when `identity` is `tenant`. */
  readonly sub: string;
  readonly tenant: string;
  readonly identity: 'user' | 'tenant';
  readonly client: string;
  /** `Bearer`; anything else is bound to a key, and this API checks no proofs. */
  readonly type: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  readonly sharedAccessFrom: readonly { readonly user: string; readonly permissions: readonly string[] }[];
}

export interface Facts {
  readonly token: Token;
  /** Who this API is in the `aud` of a token. */
  readonly audience: string;
  /** The permission that the call needs. */
  readonly permission: string;
  /** The user whose data the call is about. */
  readonly owner: string;
}

export type Refusal = 'invalid_token' | 'insufficient_scope' | 'shared_access_not_permitted' | 'forbidden';
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly because: Refusal };

const SHARED_ACCESS = 'shared_access';
const allowed: Decision = { allowed: true };
const refused = (because: Refusal): Decision => ({ allowed: false, because });

export function authorize({ token, audience, permission, owner }: Facts): Decision {
  if (token.type.toLowerCase() !== 'bearer') return refused('invalid_token');
  if (token.audiences.length > 0 && !token.audiences.includes(audience)) return refused('invalid_token');
  if (!token.scopes.includes(permission)) return refused('insufficient_scope');
  // An app that acts as itself has no data of its own here, and may not name a user to borrow theirs.
  if (token.identity !== 'user') return refused('forbidden');
  if (token.sub === owner) return allowed;
  // The same two answers whoever `owner` is: a stranger, a member of another tenant, or nobody at all.
  if (!token.scopes.includes(SHARED_ACCESS)) return refused('shared_access_not_permitted');
  const shared = token.sharedAccessFrom.some(({ user, permissions }) => user === owner && permissions.includes(permission));
  return shared ? allowed : refused('forbidden');
}
