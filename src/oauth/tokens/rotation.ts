import { digestOf, seal, unseal } from '#src/storage/seal.ts';

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

const PURPOSE = 'successor of a refresh token';

export function judgeRefreshToken(token: string, family: TokenFamily, rules: RotationRules, now: number): Presented {
  const digest = digestOf(token);
  if (family.refresh?.digest === digest) return { is: 'live' };
  const previous = family.refresh?.previous;
  if (previous?.digest !== digest || previous.graceUntil <= now) return { is: 'replayed' };
  const successor = previous.graceUses < rules.graceUses ? unseal(previous.successor, token, PURPOSE) : undefined;
  return successor === undefined ? { is: 'grace_spent' } : { is: 'grace', successor };
}

export const firstRefresh = (token: string, payload: Payload, expiresAt: number): RefreshState => ({
  digest: digestOf(token),
  expiresAt,
  payload,
  previous: null,
});

export const rotated = (
  used: string,
  successor: { token: string; payload: Payload; expiresAt: number },
  rules: RotationRules,
  now: number,
): RefreshState => ({
  digest: digestOf(successor.token),
  expiresAt: successor.expiresAt,
  payload: successor.payload,
  previous: {
    digest: digestOf(used),
    graceUntil: now + rules.graceMs,
    graceUses: 0,
    successor: seal(successor.token, used, PURPOSE),
  },
});

/** Counts one more answer within the grace. */
export const graceUsed = (state: RefreshState): RefreshState => ({
  ...state,
  previous: state.previous && { ...state.previous, graceUses: state.previous.graceUses + 1 },
});
