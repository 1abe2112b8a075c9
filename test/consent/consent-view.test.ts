import { describe, expect, test } from '@jest/globals';

import { consentView, type ConsentFacts, type ConsentView } from '#src/consent/consent-view.ts';
import type { UserPart } from '#src/consent/user-part.ts';
import type { TenantId } from '#src/ids.ts';

import { aDelegation, aGrant, contoso, northwind, someFacts } from './facts.ts';

const ask = (facts: ConsentFacts): UserPart => {
  const view = consentView(facts);
  if (view.page !== 'ask' || !view.user) throw new Error(`the page is ${view.page}`);
  return view.user;
};

const scopes = (lines: UserPart['required']) => lines.flatMap((line) => line.scopes);
const titles = (lines: UserPart['required']) => lines.map(({ title }) => title);
const sorted = (view: UserPart) => ({
  required: scopes(view.required),
  optional: scopes(view.optional),
  held: scopes(view.held),
});

describe('what is asked', () => {
  const rows: [string, Parameters<typeof someFacts>[0], ReturnType<typeof sorted>][] = [
    [
      'Z12 required permissions are told, optional ones are a choice',
      { request: { scopes: ['openid', 'meetings:read', 'meetings:write'] } },
      { required: ['openid', 'meetings:read'], optional: ['meetings:write'], held: [] },
    ],
    [
      'a required permission that the request leaves out is not given',
      { request: { scopes: ['openid', 'contacts:read'] } },
      { required: ['openid'], optional: ['contacts:read'], held: [] },
    ],
    [
      'with no permission asked for, nothing but protocol scopes',
      { request: { scopes: ['openid', 'profile', 'email', 'offline_access'] } },
      { required: ['openid', 'profile', 'email', 'offline_access'], optional: [], held: [] },
    ],
    [
      'Z12 what was granted before is no question again',
      {
        request: { scopes: ['openid', 'meetings:read', 'meetings:write'] },
        chosen: { slotVersion: 4, grant: aGrant(['openid', 'meetings:read']) },
      },
      { required: [], optional: ['meetings:write'], held: ['openid', 'meetings:read'] },
    ],
    [
      'L5 what was granted before is told also when this request does not name it',
      {
        request: { scopes: ['openid', 'meetings:write'] },
        chosen: { slotVersion: 4, grant: aGrant(['openid', 'contacts:read']) },
      },
      { required: [], optional: ['meetings:write'], held: ['openid', 'contacts:read'] },
    ],
    [
      'a permission in the grant that the version in use does not declare is not told as held',
      { chosen: { slotVersion: 4, grant: aGrant(['openid', 'calendar:read']) } },
      { required: ['meetings:read'], optional: [], held: ['openid'] },
    ],
    [
      'xC4 undeclared, unknown, tenant-only permissions and shared_access in a request have no effect',
      {
        request: { scopes: ['meetings:read', 'calendar:read', 'nonsense', 'rooms:manage', 'shared_access', '__proto__'] },
        version: {
          permissions: {
            user: { required: ['meetings:read', 'rooms:manage'], optional: ['nonsense'] },
            tenant: { required: [], optional: ['calendar:read'] },
          },
        },
      },
      { required: ['meetings:read'], optional: [], held: [] },
    ],
    [
      'a scope that is asked for twice, or declared twice, is one line and required wins',
      {
        request: { scopes: ['meetings:read', 'meetings:read'] },
        version: {
          permissions: {
            user: { required: ['meetings:read'], optional: ['meetings:read'] },
            tenant: { required: [], optional: [] },
          },
        },
      },
      { required: ['meetings:read'], optional: [], held: [] },
    ],
    [
      'xT6 what was granted in an earlier stay in the tenant counts for nothing',
      {
        chosen: {
          slotVersion: 4,
          grant: aGrant(['openid', 'meetings:read'], { membership: 'mbr_earlier' as typeof northwind.member.membership }),
        },
      },
      { required: ['openid', 'meetings:read'], optional: [], held: [] },
    ],
  ];
  test.each(rows)('%s', (_, facts, expected) => {
    expect(sorted(ask(someFacts(facts)))).toEqual(expected);
  });
});

describe('words', () => {
  const rows: [readonly string[], readonly string[]][] = [
    [['openid'], ['Know that it is you']],
    [['openid', 'profile'], ['See your name']],
    [['openid', 'email'], ['See your e-mail address']],
    [['email', 'profile', 'openid'], ['See your name and e-mail address']],
    [
      ['offline_access', 'meetings:read', 'openid'],
      ['Know that it is you', 'See your meetings', 'Stay connected when you are not there'],
    ],
  ];
  test.each(rows)('%j is told as %j', (asked, expected) => {
    expect(titles(ask(someFacts({ request: { scopes: asked } })).required)).toEqual(expected);
  });

  test('asking for the e-mail address later shows only that', () => {
    const view = ask(
      someFacts({ request: { scopes: ['openid', 'email'] }, chosen: { slotVersion: 1, grant: aGrant(['openid', 'profile']) } }),
    );
    expect(titles(view.required)).toEqual(['See your e-mail address']);
    expect(titles(view.held)).toEqual(['See your name']);
  });

  test('how long depends on whether the app stays connected', () => {
    expect(ask(someFacts()).duration).toMatch(/^Until you take it back\. While you are signed out/);
    expect(ask(someFacts({ request: { scopes: ['openid', 'offline_access'] } })).duration).toBe(
      'Until you take it back, also while you are signed out.',
    );
  });
});

describe('shared access', () => {
  const received = [aDelegation('Ada', ['meetings:read', 'calendar:read']), aDelegation('Ada', ['meetings:read'])];

  const rows: [string, Parameters<typeof someFacts>[0], { offered: boolean; held: boolean }][] = [
    ['Z1 is offered when the version declares it and somebody delegated', { chosen: { received } }, { offered: true, held: false }],
    ['Z1 is not offered when nobody delegated', {}, { offered: false, held: false }],
    [
      'Z1 is not offered when the version does not declare it',
      { version: { sharedAccess: false }, chosen: { received } },
      { offered: false, held: false },
    ],
    [
      'Z4 is not offered because the app lists it in scope',
      { request: { scopes: ['openid', 'shared_access'] } },
      { offered: false, held: false },
    ],
    [
      'what was allowed before stays and is told when nobody delegates just now',
      { chosen: { slotVersion: 1, grant: aGrant(['openid'], { sharedAccess: true }) } },
      { offered: false, held: true },
    ],
    [
      'what was allowed before is gone when the version no longer declares it',
      { version: { sharedAccess: false }, chosen: { slotVersion: 1, received, grant: aGrant(['openid'], { sharedAccess: true }) } },
      { offered: false, held: false },
    ],
  ];
  test.each(rows)('%s', (_, facts, expected) => {
    const view = ask(someFacts(facts));
    expect({ offered: view.sharedAccess !== undefined, held: view.sharedAccessHeld }).toEqual(expected);
  });

  test('Z1 the box is labelled exactly, unticked, with who delegated what beside it', () => {
    expect(ask(someFacts({ chosen: { received } })).sharedAccess).toEqual({
      label: 'Allow this app to use my shared access permissions',
      alreadyAllowed: false,
      from: [{ name: 'Ada', permissions: ['See their meetings', 'See their calendar'] }],
    });
  });

  test('Z4 listing shared_access in scope does not tick the box', () => {
    const view = ask(someFacts({ request: { scopes: ['openid', 'shared_access'] }, chosen: { received } }));
    expect(view.sharedAccess?.alreadyAllowed).toBe(false);
  });

  test('a box ticked before is shown ticked', () => {
    const grant = aGrant(['openid'], { sharedAccess: true });
    expect(ask(someFacts({ chosen: { received, slotVersion: 1, grant } })).sharedAccess?.alreadyAllowed).toBe(true);
  });

  test('xT6 a box ticked in an earlier stay in the tenant is not', () => {
    const grant = aGrant(['openid'], { sharedAccess: true, membership: 'mbr_earlier' as typeof northwind.member.membership });
    expect(ask(someFacts({ chosen: { received, slotVersion: 1, grant } })).sharedAccess?.alreadyAllowed).toBe(false);
  });
});

describe('which page', () => {
  const rows: [string, Parameters<typeof someFacts>[0], ConsentView['page'], readonly string[]][] = [
    ['a member of one tenant is asked, with no picker', {}, 'ask', []],
    ['a member of several is asked about one and can pick another', { memberships: [contoso, northwind] }, 'ask', ['Contoso']],
    ['somebody who is a member nowhere is told', { memberships: [], chosen: undefined }, 'no-tenant', []],
  ];
  test.each(rows)('%s', (_, facts, page, others) => {
    const view = consentView(someFacts(facts));
    expect([view.page, view.otherTenants.map(({ name }) => name)]).toEqual([page, others]);
  });

  test('a tenant that is not theirs gives the ones that are', () => {
    const facts = { ...someFacts({ memberships: [contoso, northwind] }), chosen: undefined };
    const view = consentView({ ...facts, request: { ...facts.request, tenantHint: 'ten_foreign' as TenantId } });
    expect([view.page, view.otherTenants.map(({ name }) => name)]).toEqual(['unknown-tenant', ['Contoso', 'Northwind']]);
  });
});

test('the decision is bound to the stay in the tenant and to the grant that was read', () => {
  const view = ask(someFacts({ chosen: { slotVersion: 7, grant: aGrant(['openid']) } }));
  expect(view.basis).toEqual({ membership: northwind.member.membership, grantSlot: 7 });
});
