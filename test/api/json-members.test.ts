import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { pointerTo, unsafeMembers } from '#src/http/api/json-members.ts';

const pointers = (text: string): string[] => {
  JSON.parse(text);
  return unsafeMembers(text).map(({ pointer }) => pointer);
};

describe('unsafe members of a JSON text', () => {
  it.each([
    ['{"a":1,"a":2}', ['/a']],
    ['{"a":1,"\\u0061":2}', ['/a']],
    ['{"a" \n :1, "a"\t:2}', ['/a']],
    [`{"a"${' '.repeat(5000)}:1,"a"${' '.repeat(5000)}:2}`, ['/a']],
    ['[{"a":1},{"a":1,"b":[{"c":1,"c":2}]}]', ['/1/b/0/c']],
    ['{"x":{"a/b~c":1,"a/b~c":2}}', ['/x/a~1b~0c']],
    ['{"__proto__":{}}', ['/__proto__']],
    ['{"a":[{"constructor":1}]}', ['/a/0/constructor']],
    ['{"pro\\u0074otype":1}', ['/prototype']],
    ['{"a":"b\\":1,\\"a","c":{"a":1}}', []],
    ['{"a":["a","a","__proto__"],"b":"__proto__"}', []],
    ['{"a":{"b":1},"b":{"b":1}}', []],
    ['"a"', []],
  ])('of %s are at %j', (text, expected) => {
    expect(pointers(text)).toEqual(expected);
  });

  it('are none in whatever JSON.stringify writes, save names that reach a prototype', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(!/"(__proto__|constructor|prototype)"/.test(text));
        expect(pointers(text)).toEqual([]);
      }),
    );
  });

  it('are found at any depth where a member is written twice', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.nat(3))), fc.string(), (path, name) => {
        fc.pre(![...path, name].some((step) => ['__proto__', 'constructor', 'prototype'].includes(String(step))));
        const member = JSON.stringify(name);
        const text = path.reduceRight<string>(
          (inner, step) => (typeof step === 'number' ? `[${'0,'.repeat(step)}${inner}]` : `{${JSON.stringify(step)}:${inner}}`),
          `{${member}:0,${member}:0}`,
        );
        expect(pointers(text)).toEqual([pointerTo([...path, name])]);
      }),
    );
  });

  it('take time in proportion to the text', () => {
    const deep = '['.repeat(30_000) + ']'.repeat(30_000);
    const quotes = `"${'\\"'.repeat(30_000)}"`;
    for (const text of [deep, quotes, `{"a"${' '.repeat(60_000)}:1}`]) {
      const begun = performance.now();
      expect(pointers(text)).toEqual([]);
      expect(performance.now() - begun).toBeLessThan(2000);
    }
  });
});
