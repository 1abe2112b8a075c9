import { describe, expect, test } from '@jest/globals';

import { newId } from '#src/ids.ts';
import { firstRefresh, graceUsed, judgeRefreshToken, rotated, type RotationRules } from '#src/oauth/tokens/rotation.ts';
import type { RefreshState, TokenFamily } from '#src/oauth/tokens/token-records.ts';

const RULES: RotationRules = { graceMs: 10_000, graceUses: 2 };
const END = 10_000_000;

const family = (refresh: RefreshState | null): TokenFamily => ({
  binding: { identity: 'tenant', tenant: newId('tenant'), app: newId('app'), installation: newId('installation'), family: newId('family'), shuts: 0 },
  refresh,
});

const first = firstRefresh('one', { scope: 'a' }, END);
const second = rotated('one', { token: 'two', payload: { scope: 'a' }, expiresAt: END }, RULES, 1000);
const third = rotated('two', { token: 'three', payload: { scope: 'a' }, expiresAt: END }, RULES, 2000);
const times = (state: RefreshState, uses: number): RefreshState => (uses === 0 ? state : times(graceUsed(state), uses - 1));

describe('I6 a refresh token in its family', () => {
  test.each([
    ['the first one', 'one', first, 0, { is: 'live' }],
    ['the successor', 'two', second, 1000, { is: 'live' }],
    ['the one before, at once', 'one', second, 1000, { is: 'grace', successor: 'two' }],
    ['the one before, for the last time in the grace', 'one', times(second, 1), 1000, { is: 'grace', successor: 'two' }],
    ['the one before, once too often', 'one', times(second, 2), 1000, { is: 'grace_spent' }],
    ['the one before, in the last moment of the grace', 'one', second, 10_999, { is: 'grace', successor: 'two' }],
    ['the one before, after the grace', 'one', second, 11_000, { is: 'replayed' }],
    ['the one before the one before, within its own grace', 'one', third, 2000, { is: 'replayed' }],
    ['one that was never given', 'other', third, 2000, { is: 'replayed' }],
  ] as const)('%s', (_, token, state, now, verdict) => {
    expect(judgeRefreshToken(token, family(state), RULES, now)).toEqual(verdict);
  });

  test('keeps no refresh token that could be read from storage (I10)', () => {
    expect(JSON.stringify(third)).not.toMatch(/"(one|two|three)"/);
  });
});
