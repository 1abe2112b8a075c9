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
  /** Tenant identity: whether the user that was named when asking about the token is within the installation's data range. */
  readonly ownerInRange: boolean;
}

/** The permission that a call needs, by the identity it is made with. Where there is none, that identity cannot make it. */
export type Needed = Readonly<Partial<Record<Token['identity'], string>>>;

export interface Facts {
  readonly token: Token;
  /** Who this API is in the `aud` of a token. */
  readonly audience: string;
  readonly needed: Needed;
  /** The user whose data the call is about; `undefined` when it is about nobody in particular. */
  readonly owner: string | undefined;
}

export type Refusal =
  | 'invalid_token'
  | 'user_token_required'
  | 'tenant_token_required'
  | 'insufficient_scope'
  | 'shared_access_not_permitted'
  | 'out_of_data_range'
  | 'forbidden';
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly because: Refusal };

const SHARED_ACCESS = 'shared_access';
const allowed: Decision = { allowed: true };
const refused = (because: Refusal): Decision => ({ allowed: false, because });

export function authorize({ token, audience, needed, owner }: Facts): Decision {
  if (token.type.toLowerCase() !== 'bearer') return refused('invalid_token');
  if (token.audiences.length > 0 && !token.audiences.includes(audience)) return refused('invalid_token');
  const permission = needed[token.identity];
  if (permission === undefined) return refused(token.identity === 'tenant' ? 'user_token_required' : 'tenant_token_required');
  if (!token.scopes.includes(permission)) return refused('insufficient_scope');
  if (owner === undefined) return allowed;
  // An app that acts as itself is nobody's colleague: what members share with each other opens nothing to it. The same
  // answer whoever lies outside the range: a member, a stranger, or nobody at all.
  if (token.identity === 'tenant') return token.ownerInRange ? allowed : refused('out_of_data_range');
  if (token.sub === owner) return allowed;
  // The same two answers whoever `owner` is: a stranger, a member of another tenant, or nobody at all.
  if (!token.scopes.includes(SHARED_ACCESS)) return refused('shared_access_not_permitted');
  const shared = token.sharedAccessFrom.some(({ user, permissions }) => user === owner && permissions.includes(permission));
  return shared ? allowed : refused('forbidden');
}
