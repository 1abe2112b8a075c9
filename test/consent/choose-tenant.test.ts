import { expect, test } from '@jest/globals';

import { chooseTenant } from '#src/consent/choose-tenant.ts';

import { contoso, northwind } from './facts.ts';

const rows: [string, string | undefined, string | undefined][] = [
  ['the tenant that is wanted', contoso.tenant.id, 'Contoso'],
  ['with none wanted, the one joined first', undefined, 'Northwind'],
  ['xT1 a tenant that is not theirs gives none, never another one', 'ten_foreign', undefined],
  ['xT5 a hostile id gives none', '{ten_northwind}:*', undefined],
  ['an empty id gives none', '', undefined],
];
test.each(rows)('%s', (_, wanted, expected) => {
  expect(chooseTenant([contoso, northwind], wanted)?.tenant.name).toBe(expected);
});
