import { describe, expect, test } from '@jest/globals';

import { authorize } from '../../examples/platform-api/authorize.ts';
import type { Facts, Refusal, Token } from '../../examples/platform-api/authorize.ts';

const AUDIENCE = 'https://meetings.example';
const token: Token = {
  sub: 'ben',
  tenant: 'northwind',
  identity: 'user',
  client: 'scheduler',
  type: 'Bearer',
  audiences: [AUDIENCE],
  scopes: ['openid', 'meetings:read'],
  sharedAccessFrom: [],
  ownerInRange: false,
};
const sharing: Token = {
  ...token,
  scopes: [...token.scopes, 'meetings:write', 'shared_access'],
  sharedAccessFrom: [{ user: 'ada', permissions: ['meetings:read'] }],
};

const READ = { user: 'meetings:read', tenant: 'meetings.all:read' };
const WRITE = { user: 'meetings:write' };
const tenantToken: Token = { ...token, sub: 'installation', identity: 'tenant', scopes: ['meetings.all:read'] };
const inRange: Token = { ...tenantToken, ownerInRange: true };

const rows: readonly [title: string, facts: Partial<Facts>, expected: 'allowed' | Refusal][] = [
  ['Z8 own data is open', { owner: 'ben' }, 'allowed'],
  ['Z8 own data stays open with shared access', { token: sharing, owner: 'ben' }, 'allowed'],
  ['Z9 own data without the permission is closed', { needed: WRITE, owner: 'ben' }, 'insufficient_scope'],
  ['Z9 a permission is one whole scope value', { token: { ...token, scopes: ['meetings:readers'] } }, 'insufficient_scope'],
  ['Z9 somebody else’s data without the permission says so first', { needed: WRITE, owner: 'ada' }, 'insufficient_scope'],
  ['Z2 a delegator’s data without shared access is closed', { token: { ...sharing, scopes: ['meetings:read'] }, owner: 'ada' }, 'shared_access_not_permitted'],
  ['Z2 a stranger’s data gets the same answer', { owner: 'chloe' }, 'shared_access_not_permitted'],
  ['Z2 nobody’s data gets the same answer', { owner: 'no-such-user' }, 'shared_access_not_permitted'],
  ['Z3 a delegator’s data with shared access is open', { token: sharing, owner: 'ada' }, 'allowed'],
  ['Z3 only for the delegated permission', { token: sharing, needed: WRITE, owner: 'ada' }, 'forbidden'],
  ['Z3 only of those who delegated', { token: sharing, owner: 'chloe' }, 'forbidden'],
  ['Z3 nobody’s data gets the same answer as a stranger’s', { token: sharing, owner: 'no-such-user' }, 'forbidden'],
  ['Z3 once the delegation is over it is closed', { token: { ...sharing, sharedAccessFrom: [] }, owner: 'ada' }, 'forbidden'],
  ['L6 a tenant token opens a member’s data within its range', { token: inRange, owner: 'ada' }, 'allowed'],
  ['L6 and nobody’s beyond it', { token: tenantToken, owner: 'chloe' }, 'out_of_data_range'],
  ['L6 what is about nobody in particular is open to it', { token: tenantToken, owner: undefined }, 'allowed'],
  ['L1 the permission for user identity is none for tenant identity', { token: { ...inRange, scopes: ['meetings:read'] }, owner: 'ada' }, 'insufficient_scope'],
  ['L1 nor the other way round', { token: { ...token, scopes: ['meetings.all:read'] } }, 'insufficient_scope'],
  ['a tenant token is for nobody, so it has no data of its own', { token: inRange, needed: { user: 'meetings:read' }, owner: undefined }, 'user_token_required'],
  ['what only a person may do is closed to it within its range, too', { token: { ...inRange, scopes: ['meetings:write'] }, needed: WRITE, owner: 'ada' }, 'user_token_required'],
  ['what only a tenant token may do is closed to a person', { token: { ...sharing, scopes: ['meetings.all:read'] }, needed: { tenant: 'meetings.all:read' }, owner: undefined }, 'tenant_token_required'],
  ['xS3 shared access opens nothing to a tenant token that names a user', { token: { ...sharing, identity: 'tenant', sub: 'ben', scopes: ['meetings.all:read', 'shared_access'] }, owner: 'ada' }, 'out_of_data_range'],
  ['xS3 not even the data of one it is named after', { token: { ...tenantToken, sub: 'ada' }, owner: 'ada' }, 'out_of_data_range'],
  ['L6 a range means nothing for a user token', { token: { ...token, ownerInRange: true }, owner: 'ada' }, 'shared_access_not_permitted'],
  ['a token for another API is not for this one', { token: { ...token, audiences: ['https://mail.example'] } }, 'invalid_token'],
  ['one of several audiences is enough', { token: { ...token, audiences: ['https://mail.example', AUDIENCE] } }, 'allowed'],
  ['a token bound to a key is refused where no proof is checked', { token: { ...token, type: 'DPoP' } }, 'invalid_token'],
];

describe('the policy of the sample platform API', () => {
  test.each(rows)('%s', (_, facts, expected) => {
    const decision = authorize({ token, audience: AUDIENCE, needed: READ, owner: 'ben', ...facts });
    expect(decision).toEqual(expected === 'allowed' ? { allowed: true } : { allowed: false, because: expected });
  });
});
