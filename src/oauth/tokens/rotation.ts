import { ENDING, secretFrom, withSecret } from '#src/credential-text.ts';
import { digestOf } from '#src/storage/seal.ts';

import type { Payload, RefreshState, TokenFamily } from './token-records.ts';

export interface RotationRules {
  /** How long the token before may still be answered with its successor, in milliseconds, and how often. */
  readonly graceMs: number;
  readonly graceUses: number;
}

/**
 * What a refresh token is to its family (I6):
 * `live` is the one live token; `grace` was replaced a moment ago and gets the same successor again; `grace_spent` is
 * in the grace time but was answered too often already; `replayed` was used before: somebody else has it.
 */
export type Presented =
  | { readonly is: 'live' }
  | { readonly is: 'grace'; readonly successor: string }
  | { readonly is: 'grace_spent' }
  | { readonly is: 'replayed' };

/**
 * The token that follows one of the same family: made of it and of a salt that is random at each rotation, so that storage
 * can keep the salt, and who holds the token, and only they, can have its successor again.
 */
export const successorOf = (token: string, salt: string): string => withSecret(token.slice(0, -ENDING), secretFrom(`successor of a refresh token\0${salt}\0${token}`));

export function judgeRefreshToken(token: string, family: TokenFamily, rules: RotationRules, now: number): Presented {
  const digest = digestOf(token);
  if (family.refresh?.digest === digest) return { is: 'live' };
  const previous = family.refresh?.previous;
  if (previous?.digest !== digest || previous.graceUntil <= now) return { is: 'replayed' };
  const successor = successorOf(token, previous.salt);
  // Rotated by an earlier version, whose successor nobody can make again, it is as good as spent.
  const canHave = previous.graceUses < rules.graceUses && digestOf(successor) === family.refresh?.digest;
  return canHave ? { is: 'grace', successor } : { is: 'grace_spent' };
}

export const firstRefresh = (token: string, payload: Payload, expiresAt: number): RefreshState => ({
  digest: digestOf(token),
  expiresAt,
  payload,
  previous: null,
});

/** `successor` was made with `salt` of the token that `state` is of. */
export const rotated = (
  state: RefreshState,
  salt: string,
  successor: { token: string; payload: Payload; expiresAt: number },
  rules: RotationRules,
  now: number,
): RefreshState => ({
  ...firstRefresh(successor.token, successor.payload, successor.expiresAt),
  previous: { digest: state.digest, graceUntil: now + rules.graceMs, graceUses: 0, salt },
});

/** Counts one more answer within the grace. */
export const graceUsed = (state: RefreshState): RefreshState => ({
  ...state,
  previous: state.previous && { ...state.previous, graceUses: state.previous.graceUses + 1 },
});
