import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { normaliseEmail } from '#src/tenants/email.ts';

describe('the form in which e-mail addresses are compared', () => {
  it.each([
    ['Ada@Northwind.Example', 'ada@northwind.example'],
    ['  ada@northwind.example\n', 'ada@northwind.example'],
    ['ａｄａ＠northwind.example', 'ada@northwind.example'],
    ['ada@MÜNCHEN.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
    ["o'neil+work@x.ie", "o'neil+work@x.ie"],
  ])('of %j is %j', (written, compared) => {
    expect(normaliseEmail(written)).toBe(compared);
  });

  it.each([
    '', 'ada', '@northwind.example', 'ada@', 'ada@localhost', 'ada@@northwind.example', 'a b@northwind.example',
    'ada@north wind.example', 'ada@-northwind.example', 'ada@northwind..example', 'ada@192.168.0.1', 'ada@[::1]',
    'ada\u0000@northwind.example', 'a\u202eda@northwind.example', '<ada@northwind.example>', 'ada@northwind.example, ben@x.example',
    `${'a'.repeat(65)}@northwind.example`, `ada@${'a'.repeat(300)}.example`,
  ])('refuses %j, which is none', (text) => {
    expect(normaliseEmail(text)).toBeUndefined();
  });

  it('is its own form, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: 'grapheme' }).map((local) => `${local}@x.example`)), (written) => {
        const compared = normaliseEmail(written);
        expect(compared === undefined || normaliseEmail(compared) === compared).toBe(true);
      }),
    );
  });
});
