import { describe, expect, test } from '@jest/globals';

import { newId } from '#src/ids.ts';
import { firstRefresh, graceUsed, judgeRefreshToken, rotated, successorOf, type RotationRules } from '#src/oauth/tokens/rotation.ts';
import type { RefreshState, TokenFamily } from '#src/oauth/tokens/token-records.ts';
import { mintToken, parseToken } from '#src/oauth/tokens/token-text.ts';
import { shardOf } from '#src/storage/shards.ts';

const RULES: RotationRules = { graceMs: 10_000, graceUses: 2 };
const END = 10_000_000;

const family = (refresh: RefreshState | null): TokenFamily => ({
  binding: { identity: 'tenant', tenant: newId('tenant'), app: newId('app'), installation: newId('installation'), family: newId('family'), shuts: 0 },
  refresh,
});

const one = mintToken('refreshToken', shardOf('a tenant'), 'f'.repeat(22));
const two = successorOf(one, 'salt');
const three = successorOf(two, 'salt');
const next = (token: string) => ({ token, payload: { scope: 'a' }, expiresAt: END });

const first = firstRefresh(one, { scope: 'a' }, END);
const second = rotated(first, 'salt', next(two), RULES, 1000);
const third = rotated(second, 'salt', next(three), RULES, 2000);
const times = (state: RefreshState, uses: number): RefreshState => (uses === 0 ? state : times(graceUsed(state), uses - 1));

describe('I6 a refresh token in its family', () => {
  test.each([
    ['the first one', one, first, 0, { is: 'live' }],
    ['the successor', two, second, 1000, { is: 'live' }],
    ['the one before, at once', one, second, 1000, { is: 'grace', successor: two }],
    ['the one before, for the last time in the grace', one, times(second, 1), 1000, { is: 'grace', successor: two }],
    ['the one before, once too often', one, times(second, 2), 1000, { is: 'grace_spent' }],
    ['the one before, in the last moment of the grace', one, second, 10_999, { is: 'grace', successor: two }],
    ['the one before, after the grace', one, second, 11_000, { is: 'replayed' }],
    ['the one before the one before, within its own grace', one, third, 2000, { is: 'replayed' }],
    ['one that was never given', mintToken('refreshToken', shardOf('a tenant'), 'f'.repeat(22)), third, 2000, { is: 'replayed' }],
  ] as const)('%s', (_, token, state, now, verdict) => {
    expect(judgeRefreshToken(token, family(state), RULES, now)).toEqual(verdict);
  });

  test('keeps no refresh token that could be read from storage (I10)', () => {
    for (const token of [one, two, three]) expect(JSON.stringify(third)).not.toContain(token.slice(-20));
  });

  test('a successor is a refresh token of the same family, the same for the same salt, and another for another token or salt', () => {
    expect(parseToken(two, 'refreshToken')).toEqual(parseToken(one, 'refreshToken'));
    expect(successorOf(one, 'salt')).toBe(two);
    expect(new Set([one, two, three, successorOf(one, 'pepper')]).size).toBe(4);
  });

  test('one that an earlier version rotated has no successor to be given again, and nothing else is harmed', () => {
    const sealed = { ...second, previous: { ...second.previous, salt: undefined } } as unknown as RefreshState;
    expect(judgeRefreshToken(one, family(sealed), RULES, 1000)).toEqual({ is: 'grace_spent' });
    expect(judgeRefreshToken(two, family(sealed), RULES, 1000)).toEqual({ is: 'live' });
  });
});
