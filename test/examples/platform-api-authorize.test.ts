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
};
const sharing: Token = {
  ...token,
  scopes: [...token.scopes, 'meetings:write', 'shared_access'],
  sharedAccessFrom: [{ user: 'ada', permissions: ['meetings:read'] }],
};

const rows: readonly [title: string, facts: Partial<Facts>, expected: 'allowed' | Refusal][] = [
  ['Z8 own data is open', { owner: 'ben' }, 'allowed'],
  ['Z8 own data stays open with shared access', { token: sharing, owner: 'ben' }, 'allowed'],
  ['Z9 own data without the permission is closed', { permission: 'meetings:write', owner: 'ben' }, 'insufficient_scope'],
  ['Z9 a permission is one whole scope value', { token: { ...token, scopes: ['meetings:readers'] } }, 'insufficient_scope'],
  ['Z9 somebody else’s data without the permission says so first', { permission: 'meetings:write', owner: 'ada' }, 'insufficient_scope'],
  ['Z2 a delegator’s data without shared access is closed', { token: { ...sharing, scopes: ['meetings:read'] }, owner: 'ada' }, 'shared_access_not_permitted'],
  ['Z2 a stranger’s data gets the same answer', { owner: 'chloe' }, 'shared_access_not_permitted'],
  ['Z2 nobody’s data gets the same answer', { owner: 'no-such-user' }, 'shared_access_not_permitted'],
  ['Z3 a delegator’s data with shared access is open', { token: sharing, owner: 'ada' }, 'allowed'],
  ['Z3 only for the delegated permission', { token: sharing, permission: 'meetings:write', owner: 'ada' }, 'forbidden'],
  ['Z3 only of those who delegated', { token: sharing, owner: 'chloe' }, 'forbidden'],
  ['Z3 nobody’s data gets the same answer as a stranger’s', { token: sharing, owner: 'no-such-user' }, 'forbidden'],
  ['Z3 once the delegation is over it is closed', { token: { ...sharing, sharedAccessFrom: [] }, owner: 'ada' }, 'forbidden'],
  ['xS3 a tenant token opens no user’s data, not even one it names itself after', { token: { ...sharing, identity: 'tenant', sub: 'ada' }, owner: 'ada' }, 'forbidden'],
  ['a token for another API is not for this one', { token: { ...token, audiences: ['https://mail.example'] } }, 'invalid_token'],
  ['one of several audiences is enough', { token: { ...token, audiences: ['https://mail.example', AUDIENCE] } }, 'allowed'],
  ['a token bound to a key is refused where no proof is checked', { token: { ...token, type: 'DPoP' } }, 'invalid_token'],
];

describe('the policy of the sample platform API', () => {
  test.each(rows)('%s', (_, facts, expected) => {
    const decision = authorize({ token, audience: AUDIENCE, permission: 'meetings:read', owner: 'ben', ...facts });
    expect(decision).toEqual(expected === 'allowed' ? { allowed: true } : { allowed: false, because: expected });
  });
});
