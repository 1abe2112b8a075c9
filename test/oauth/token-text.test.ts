import { describe, expect, test } from '@jest/globals';

import { mintToken, parseToken, type TokenKind } from '#src/oauth/tokens/token-text.ts';
import { allShards, shardOf } from '#src/storage/shards.ts';

const KINDS: TokenKind[] = ['code', 'userAccessToken', 'managementToken'];

describe('the text of a token', () => {
  test.each(KINDS)('names its kind and shard, and %s is read back', (kind) => {
    for (const shard of allShards()) expect(parseToken(mintToken(kind, shard), kind)).toEqual({ kind, shard, name: '' });
  });

  test('of a refresh token carries the name of its family', () => {
    const name = 'abcdefghijklmnopqrstuv';
    expect(parseToken(mintToken('refreshToken', shardOf('t'), name), 'refreshToken')?.name).toBe(name);
  });

  test('is another each time', () => {
    const texts = new Set(Array.from({ length: 1000 }, () => mintToken('code', shardOf('t'))));
    expect(texts.size).toBe(1000);
  });

  test('xP12 with any one character changed, left out or added is no token', () => {
    const token = mintToken('userAccessToken', shardOf('t'));
    for (let place = 0; place < token.length; place += 1) {
      const other = token[place] === 'x' ? 'y' : 'x';
      expect(parseToken(token.slice(0, place) + other + token.slice(place + 1), 'userAccessToken')).toBeUndefined();
      expect(parseToken(token.slice(0, place) + token.slice(place + 1), 'userAccessToken')).toBeUndefined();
      expect(parseToken(token.slice(0, place) + other + token.slice(place), 'userAccessToken')).toBeUndefined();
    }
  });

  test('of one kind is none of another', () => {
    const token = mintToken('userAccessToken', shardOf('t'));
    expect(parseToken(token, 'managementToken')).toBeUndefined();
    expect(parseToken(token, 'code')).toBeUndefined();
  });
});
