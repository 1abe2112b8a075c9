import { describe, expect, test } from '@jest/globals';

import { consentView, type AskView, type ConsentFacts, type HinderedView } from '#src/consent/consent-view.ts';
import { plain } from '#src/consent/phrase.ts';
import type { PermissionLine } from '#src/consent/permission-line.ts';
import type { ReviewId, TenantId, UserId } from '#src/ids.ts';

import { aGrant, anInstallation, aReview, asAdmin, northwind, someFacts, STRICT } from './facts.ts';

type Facts = Parameters<typeof someFacts>[0];

const NONE = { required: [], optional: [] };
const names = (lines: readonly PermissionLine[] | undefined) => lines?.flatMap(({ scopes }) => scopes) ?? [];

const asks = (facts: ConsentFacts): AskView => {
  const view = consentView(facts);
  if (view.page !== 'ask') throw new Error(`the page is ${view.page}: ${view.page === 'hindered' ? view.why : ''}`);
  return view;
};
const hindered = (facts: ConsentFacts): HinderedView => {
  const view = consentView(facts);
  if (view.page !== 'hindered') throw new Error(`the page is ${view.page}`);
  return view;
};

const optionalFiles = {
  request: { scopes: ['openid', 'meetings:read', 'files:read', 'messages:read'] },
  version: { permissions: { user: { required: ['meetings:read'], optional: ['files:read', 'messages:read'] }, tenant: NONE } },
  rules: STRICT,
} satisfies Facts;

const requiredFiles = {
  request: { scopes: ['openid', 'files:read'] },
  version: { permissions: { user: { required: ['files:read'], optional: [] }, tenant: NONE } },
  rules: STRICT,
} satisfies Facts;

const blockFiles = { ...STRICT, exceptions: [{ permission: 'files:read', identity: 'user', treatment: 'block' }] } as const;

describe('L8 L12 what each asked permission becomes', () => {
  const rows: [string, Facts, Partial<Record<'required' | 'optional' | 'held' | 'inReview' | 'blocked', readonly string[]>>, readonly string[]][] = [
    [
      'L12 optional ones that need approval stand apart and are put to the reviewers with the yes',
      optionalFiles,
      { required: ['openid', 'meetings:read'], optional: [], inReview: ['files:read', 'messages:read'] },
      ['files:read', 'messages:read'],
    ],
    [
      'what is approved already is asked as ever',
      { ...optionalFiles, approval: { permissions: { user: ['files:read'], tenant: [] } } },
      { optional: ['files:read'], inReview: ['messages:read'] },
      ['messages:read'],
    ],
    [
      'L12 what this person asked for and nobody decided is shown, and not put again',
      { ...optionalFiles, chosen: { reviews: { open: aReview({ permissions: { user: ['files:read'], tenant: [] } }), decided: [] } } },
      { inReview: ['files:read', 'messages:read'] },
      ['messages:read'],
    ],
    [
      'what somebody else asked for is put to the reviewers in this name too',
      { ...optionalFiles, chosen: { reviews: { open: aReview({ permissions: { user: ['files:read'], tenant: [] }, requests: [] }), decided: [] } } },
      { inReview: ['files:read', 'messages:read'] },
      ['files:read', 'messages:read'],
    ],
    [
      'what was not approved is shown, and not put again by itself',
      { ...optionalFiles, chosen: { reviews: { open: undefined, decided: [aReview({ status: 'denied', permissions: { user: ['files:read', 'messages:read'], tenant: [] } })] } } },
      { inReview: ['files:read', 'messages:read'] },
      [],
    ],
    [
      'what the rules block is said to be not available, and hinders nothing',
      { ...optionalFiles, rules: blockFiles },
      { inReview: ['messages:read'], blocked: ['files:read'] },
      ['messages:read'],
    ],
    [
      'R10 L15 the app goes on with what it has when a new version needs what is not approved',
      { ...requiredFiles, chosen: { slotVersion: 1, grant: aGrant(['openid']) } },
      { held: ['openid'], required: [], inReview: ['files:read'] },
      ['files:read'],
    ],
    [
      'R10 an approved app is never locked: fewer permissions, not a block',
      { ...requiredFiles, approval: {} },
      { required: ['openid'], inReview: ['files:read'] },
      ['files:read'],
    ],
    [
      'R10 neither by what the rules block',
      { ...requiredFiles, rules: blockFiles, approval: {} },
      { required: ['openid'], blocked: ['files:read'] },
      [],
    ],
    [
      'L15 what was granted and needs approval again is not told as held',
      { ...optionalFiles, chosen: { slotVersion: 1, grant: aGrant(['openid', 'meetings:read', 'files:read']) } },
      { held: ['openid', 'meetings:read'], inReview: ['files:read', 'messages:read'] },
      ['files:read', 'messages:read'],
    ],
    [
      'xA7 what was granted under an earlier approval counts for nothing',
      { ...optionalFiles, approval: { generation: 1 }, chosen: { slotVersion: 1, grant: aGrant(['openid', 'meetings:read']) } },
      { required: ['openid', 'meetings:read'], held: [] },
      ['files:read', 'messages:read'],
    ],
  ];
  test.each(rows)('%s', (_, facts, expected, put) => {
    const { user, askAlong } = asks(someFacts(facts));
    const seen = Object.fromEntries(Object.keys(expected).map((key) => [key, names(user?.[key as 'required'])]));
    expect([seen, askAlong?.user ?? []]).toEqual([expected, put]);
  });

  test('L10 each request that was made is shown with its state and a link', () => {
    const decided = [aReview({ id: 'rev_2' as ReviewId, status: 'denied', permissions: { user: ['messages:read'], tenant: [] }, decision: { by: null, at: '', reason: 'Too much', granted: { user: [], tenant: [] } } })];
    const open = aReview({ permissions: { user: ['files:read'], tenant: [] } });
    const { user } = asks(someFacts({ ...optionalFiles, chosen: { reviews: { open, decided } } }));
    expect(user?.inReview.map(({ state, link }) => [state, link])).toEqual([
      ['You asked for this; nobody has decided yet.', '/requests/ten_northwind/rev_1'],
      ['You asked for this; it was not approved: “Too much”', '/requests/ten_northwind/rev_2'],
    ]);
  });
});

describe('what hinders', () => {
  const outside = { availability: { kind: 'some', groups: [], members: ['usr_ada' as UserId] } } as const;
  const tenantOnly = {
    request: { identity: 'tenant', scopes: ['meetings.all:read'] },
    version: { permissions: { user: NONE, tenant: { required: ['meetings.all:read'], optional: [] } } },
  } as const satisfies Facts;

  const rows: [string, Facts, HinderedView['why'], { ask: readonly string[] | undefined; refusal: RegExp }][] = [
    ['Z10 xA1 what the app needs is not approved: the person can ask', requiredFiles, 'approval_required', { ask: ['files:read'], refusal: /^approval_required: .*files:read \(user identity\)/ }],
    ['what the app needs is blocked by the rules: nothing to ask', { ...requiredFiles, rules: blockFiles }, 'permission_blocked', { ask: undefined, refusal: /^approval_blocked: .*files:read/ }],
    ['the app is blocked', { approval: { status: 'blocked' } }, 'app_blocked', { ask: undefined, refusal: /^approval_blocked: / }],
    ['Z10 xA2 the approval was withdrawn: all of it can be asked for again', { approval: { status: 'withdrawn' } }, 'app_withdrawn', { ask: ['meetings:read'], refusal: /^approval_required: / }],
    ['xA2 also for who holds a grant', { approval: { status: 'withdrawn' }, chosen: { slotVersion: 1, grant: aGrant(['openid', 'meetings:read']) } }, 'app_withdrawn', { ask: ['meetings:read'], refusal: /^approval_required: / }],
    ['L4 the member is outside its availability', { approval: outside }, 'out_of_availability', { ask: ['meetings:read'], refusal: /^out_of_availability: / }],
    ['it is the own app of another tenant', { app: { owner: 'ten_other' as TenantId } }, 'other_tenants_app', { ask: undefined, refusal: /^approval_blocked: / }],
    ['xA4 a member without apps.manage cannot act for the tenant, and can ask', tenantOnly, 'not_entitled', { ask: ['meetings.all:read'], refusal: /^not_installed: / }],
    ['a suspended installation', { ...tenantOnly, chosen: { ...asAdmin, installation: { version: 1, value: anInstallation([], { status: 'suspended' }) } } }, 'suspended', { ask: undefined, refusal: /^installation_suspended: / }],
    [
      'both identities: who may not act for the tenant cannot answer half of it',
      { ...tenantOnly, request: { identity: 'user tenant', scopes: ['openid', 'meetings.all:read'] } },
      'not_entitled',
      { ask: ['meetings.all:read'], refusal: /^not_installed: / },
    ],
    [
      'both identities: out of availability',
      { ...tenantOnly, request: { identity: 'user tenant', scopes: ['openid', 'meetings.all:read'] }, approval: outside, chosen: asAdmin },
      'out_of_availability',
      { ask: ['meetings.all:read'], refusal: /^out_of_availability: / },
    ],
  ];
  test.each(rows)('%s', (_, facts, why, { ask, refusal }) => {
    const view = hindered(someFacts(facts));
    expect([view.why, view.ask && [...view.ask.permissions.user, ...view.ask.permissions.tenant], view.refusal]).toEqual([why, ask, expect.stringMatching(refusal)]);
  });

  test('who is available is asked as ever', () => {
    const approval = { availability: { kind: 'some', groups: [], members: ['usr_ben' as UserId] } } as const;
    expect(consentView(someFacts({ approval })).page).toBe('ask');
  });

  test('L10 it names who decides, and a reviewer is led to the review', () => {
    const member = hindered(someFacts({ ...requiredFiles, chosen: { reviewers: ['Ada', 'Gil'] } }));
    expect([plain(member.who.names), member.ask?.button]).toEqual(['Ada or Gil', 'Ask for approval']);
    const admin = hindered(someFacts({ ...requiredFiles, chosen: asAdmin }));
    expect([admin.ask?.decidesSelf, admin.ask?.button]).toEqual([true, 'Review it now']);
  });

  test('what needs an owner is not for an admin to decide', () => {
    const view = hindered(someFacts({ ...requiredFiles, chosen: { ...asAdmin, needsOwner: true } }));
    expect(view.ask?.decidesSelf).toBe(false);
  });

  test('L12 who asked already sees the request instead of a second question', () => {
    const open = aReview({ permissions: { user: ['files:read'], tenant: [] } });
    const view = hindered(someFacts({ ...requiredFiles, chosen: { reviews: { open, decided: [] } } }));
    expect([view.ask, view.pending]).toEqual([undefined, '/requests/ten_northwind/rev_1']);
  });
});

describe('tenant identity', () => {
  const asked = {
    request: { identity: 'tenant', scopes: ['rooms:manage', 'meetings.all:read', 'files.all:write'] },
    version: { permissions: { user: NONE, tenant: { required: ['rooms:manage', 'meetings.all:read'], optional: ['files.all:write'] } } },
    chosen: asAdmin,
  } as const satisfies Facts;

  test('L9 an admin approves what is advanced with the same yes; what is restricted is for an owner', () => {
    const { installation, user, yes, askAlong } = asks(someFacts(asked));
    expect([names(installation?.required), installation?.approving, names(installation?.inReview), askAlong?.tenant]).toEqual([
      ['rooms:manage', 'meetings.all:read'],
      ['meetings.all:read'],
      ['files.all:write'],
      ['files.all:write'],
    ]);
    expect([user, yes]).toEqual([undefined, 'Approve and install']);
  });

  test('an owner may approve all of it', () => {
    const view = asks(someFacts({ ...asked, chosen: { ...asAdmin, member: { ...northwind.member, role: 'owner' } } }));
    expect([view.installation?.approving, view.askAlong]).toEqual([['meetings.all:read', 'files.all:write'], undefined]);
  });

  test('L10 an admin who is no reviewer asks', () => {
    const view = hindered(someFacts({ ...asked, rules: { reviewers: { kind: 'owners' } } }));
    expect([view.why, view.ask?.permissions.tenant, view.ask?.decidesSelf]).toEqual(['approval_required', ['meetings.all:read', 'files.all:write'], false]);
  });

  test('L1 what is approved for one identity is not for the other', () => {
    const view = asks(someFacts({ ...asked, approval: { permissions: { user: ['meetings.all:read'], tenant: [] } } }));
    expect(view.installation?.approving).toEqual(['meetings.all:read']);
  });

  test('an installation that stands: only what is new is a question', () => {
    const value = anInstallation(['rooms:manage'], { dataRange: { kind: 'some', groups: [], members: ['usr_ben' as UserId] } });
    const { installation } = asks(someFacts({ ...asked, chosen: { ...asAdmin, installation: { version: 3, value } } }));
    expect([names(installation?.held), names(installation?.required), installation?.basis.installation]).toEqual([['rooms:manage'], ['meetings.all:read'], 3]);
  });

  test('xA7 one that was removed with the approval counts for nothing', () => {
    const installation = { version: 3, value: anInstallation(['rooms:manage']) };
    const view = asks(someFacts({ ...asked, approval: { generation: 1 }, chosen: { ...asAdmin, installation } }));
    expect([view.installation?.held, view.installation?.installed, view.installation?.basis.installation]).toEqual([[], false, 3]);
  });

  test('both identities stand on one page', () => {
    const permissions = { user: { required: ['meetings:read'], optional: [] }, tenant: { required: ['rooms:manage'], optional: [] } };
    const view = asks(someFacts({ request: { identity: 'user tenant', scopes: ['openid', 'meetings:read', 'rooms:manage'] }, version: { permissions }, chosen: asAdmin }));
    expect([names(view.user?.required), names(view.installation?.required), view.yes]).toEqual([['openid', 'meetings:read'], ['rooms:manage'], 'Authorize']);
  });
});
