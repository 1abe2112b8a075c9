import { expect, test } from '@jest/globals';

import { chooseTenant, usableMemberships } from '#src/consent/choose-tenant.ts';

import { aMembership, contoso, northwind } from './facts.ts';

test('memberships and tenants that are not active are not offered; the rest stand by name', () => {
  const suspended = { ...aMembership('ten_s', 'Suspended'), tenant: { ...northwind.tenant, status: 'suspended' as const } };
  const inactive = { ...aMembership('ten_i', 'Inactive'), member: { ...northwind.member, status: 'inactive' as const } };
  expect(usableMemberships([northwind, suspended, inactive, contoso])).toEqual([contoso, northwind]);
});

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
