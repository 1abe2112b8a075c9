import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { afterPrefix, fromStoredText, toStoredText } from '#src/storage/stored-text.ts';

const units = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 1, 2, 3, 4, 5, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xffff)), { maxLength: 6 });
const anyText = units.map((codes) => String.fromCharCode(...codes));
const proper = fc.string({ unit: 'binary', maxLength: 5 });
const bytes = (text: string): Buffer => Buffer.from(text);

describe('stored text', () => {
  test('any text, lone surrogates too, comes back as it was, through UTF-8', () => {
    fc.assert(fc.property(anyText, (text) => expect(fromStoredText(bytes(toStoredText(text)).toString())).toBe(text)));
  });

  test('it holds none of the separators', () => {
    fc.assert(fc.property(anyText, (text) => expect(toStoredText(text)).not.toMatch(/[\0\x02]/)));
  });

  test('it keeps the order of UTF-8 bytes, also when a separator follows', () => {
    fc.assert(
      fc.property(proper, proper, (a, b) => {
        expect(Math.sign(bytes(`${toStoredText(a)}\0z`).compare(bytes(`${toStoredText(b)}\0z`)))).toBe(Math.sign(bytes(a).compare(bytes(b))));
      }),
    );
  });

  test('what follows a prefix is greater than all that begins with it, and nothing lies between', () => {
    fc.assert(
      fc.property(proper, proper, (prefix, other) => {
        const [stored, end] = [toStoredText(prefix), afterPrefix(toStoredText(prefix))];
        const [text, least] = [bytes(toStoredText(other)), bytes(stored)];
        const within = text.compare(least) >= 0 && (end === undefined || text.compare(bytes(end)) < 0);
        expect(within).toBe(other.startsWith(prefix));
      }),
    );
  });
});
