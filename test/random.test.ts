import { expect, it } from '@jest/globals';

import { freshRandom } from '#src/random.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

it('gives random bytes out once, also across the end of its pool', () => {
  const given = Array.from({ length: 5000 }, () => hex(freshRandom(12)));
  expect(new Set(given).size).toBe(given.length);
  expect(given.every((text) => text.length === 24)).toBe(true);
  expect(given).not.toContain('0'.repeat(24));
});

it('leaves alone what it gave out', () => {
  const bytes = freshRandom(32);
  const before = hex(bytes);
  for (let i = 0; i < 1000; i += 1) freshRandom(32);
  expect(hex(bytes)).toBe(before);
});

it('refuses to give fewer bytes than it was asked for', () => {
  expect(() => freshRandom(10_000)).toThrow(RangeError);
});
