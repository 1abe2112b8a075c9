import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';

const folder = new URL('../../src/storage/redis/scripts/', import.meta.url);

describe.each(readdirSync(folder))('the script %s', (name) => {
  const source = readFileSync(new URL(name, folder), 'utf8');

  test('declares itself, so that Redis refuses keys it did not declare', () => {
    expect(source.split('\n')[0]).toBe('#!lua');
  });

  test('says its purpose, keys, arguments and outcomes, in this order', () => {
    expect(source).toMatch(/^#!lua\n--\[\[\nPurpose: [^]+\n\nKeys, [^]+\n\nArguments: ?[^]+\n\nOutcomes: [^]+\n\]\]\n/);
  });

  test('asks no clock and no chance: every engine that repeats it comes to the same', () => {
    expect(source).not.toMatch(/'TIME'|math\.random|os\.|RANDOMKEY/);
  });
});
