import { describe, expect, test } from '@jest/globals';

import { draftOf } from '#src/approvals/audience-form.ts';
import { parseConsentInput, type ConsentInput } from '#src/consent/consent-input.ts';
import type { ConsentDraft } from '#src/consent/consent-draft.ts';
import { consentView, type AskView, type ConsentFacts } from '#src/consent/consent-view.ts';
import { decideConsent, type ConsentOutcome } from '#src/consent/decide-consent.ts';
import { shownDigest } from '#src/consent/shown-digest.ts';
import { AppError } from '#src/errors.ts';
import type { TenantId, UserId, VersionId } from '#src/ids.ts';

import { aDelegation, aGrant, aReview, contoso, northwind, someFacts, STRICT } from './facts.ts';

const KEY = Buffer.alloc(32, 7);

const asked = { request: { scopes: ['openid', 'meetings:read', 'meetings:write', 'contacts:read'] } };
const delegated = { received: [aDelegation('Ada', ['meetings:read'])] };

const digestOf = (facts: ConsentFacts): string | undefined => {
  const view = consentView(facts);
  return view.page === 'ask' || view.page === 'hindered' ? shownDigest(KEY, facts.request, facts.live, view) : undefined;
};

type Answer = Exclude<ConsentInput, { decision: 'search' }>;
type Yes = Partial<ConsentDraft> & { readonly tenant?: string; readonly shown?: string };

const authorize = (facts: ConsentFacts, { tenant, shown, ...draft }: Yes = {}): Answer => ({
  decision: 'authorize',
  tenant: tenant ?? facts.chosen?.tenant.id ?? '',
  shown: shown ?? digestOf(facts) ?? '',
  draft: { ticked: [], tenantTicked: [], sharedAccess: false, reason: '', dataRange: draftOf({ kind: 'everyone' }), ...draft },
});

const decide = (facts: ConsentFacts, input: Answer): ConsentOutcome => decideConsent(consentView(facts), digestOf(facts), input);

describe('what a yes gives', () => {
  const given = (outcome: ConsentOutcome) =>
    outcome.is === 'given' ? [outcome.answer.user?.permissions, outcome.answer.user?.sharedAccess] : outcome.is;

  const rows: [string, ConsentFacts, Yes, unknown][] = [
    ['Z12 what is required, when nothing is ticked', someFacts(asked), {}, [['openid', 'meetings:read'], false]],
    [
      'Z12 and what is ticked',
      someFacts(asked),
      { ticked: ['contacts:read'] },
      [['openid', 'meetings:read', 'contacts:read'], false],
    ],
    ['Z1 authorizing without the box succeeds', someFacts({ ...asked, chosen: delegated }), {}, [['openid', 'meetings:read'], false]],
    ['Z1 and with the box', someFacts({ ...asked, chosen: delegated }), { sharedAccess: true }, [['openid', 'meetings:read'], true]],
    [
      'L5 only what is new: what was granted before is not given again',
      someFacts({ ...asked, chosen: { slotVersion: 3, grant: aGrant(['openid', 'meetings:read', 'contacts:read']) } }),
      { ticked: ['meetings:write'] },
      [['meetings:write'], false],
    ],
    [
      'the box that was ticked before can be unticked',
      someFacts({ chosen: { ...delegated, slotVersion: 3, grant: aGrant(['openid'], { sharedAccess: true }) } }),
      { sharedAccess: false },
      [['meetings:read'], false],
    ],
    [
      'shared access stays as it was when there was no box to answer',
      someFacts({ chosen: { slotVersion: 3, grant: aGrant(['openid'], { sharedAccess: true }) } }),
      {},
      [['meetings:read'], true],
    ],
    ['xC4 nothing that was not offered', someFacts(), { ticked: ['meetings:write'] }, 'invalid'],
    ['xC4 nothing that is required already, as a tick', someFacts(asked), { ticked: ['meetings:read'] }, 'invalid'],
    ['xC4 no permission with a name of the language', someFacts(asked), { ticked: ['__proto__'] }, 'invalid'],
    ['xC4 no shared access without the box', someFacts(asked), { sharedAccess: true }, 'invalid'],
    ['xC1 nothing with an empty digest', someFacts(asked), { shown: '' }, 'changed'],
    ['xC1 nothing with a digest that is not ours', someFacts(asked), { shown: 'A'.repeat(43) }, 'changed'],
    ['xT4 nothing for a tenant that the page was not about', someFacts(asked), { tenant: contoso.tenant.id }, 'changed'],
  ];
  test.each(rows)('%s', (_, facts, more, expected) => {
    expect(given(decide(facts, authorize(facts, more)))).toEqual(expected);
  });

  test('the decision carries the tenant and what it was based on', () => {
    const facts = someFacts({ chosen: { slotVersion: 3, grant: aGrant(['openid']) } });
    expect(decide(facts, authorize(facts))).toMatchObject({
      answer: { tenant: northwind.tenant.id, user: { basis: { membership: northwind.member.membership, grantSlot: 3 } }, installation: null },
    });
  });
});

describe('xC4 what is granted is what was shown: everything that changes the page changes its digest', () => {
  const shown = someFacts({ ...asked, chosen: delegated });
  const rows: [string, ConsentFacts][] = [
    ['another request', { ...shown, request: { ...shown.request, uid: 'uid-2' } }],
    ['another person', { ...shown, request: { ...shown.request, user: 'usr_other' as UserId } }],
    ['another place to return to', { ...shown, request: { ...shown.request, redirectUri: 'https://scheduler.example/other' } }],
    ['fewer scopes', { ...shown, request: { ...shown.request, scopes: ['openid'] } }],
    ['another version', { ...shown, live: { ...shown.live, version: { ...shown.live.version, id: 'ver_2' as VersionId } } }],
    ['another name', { ...shown, live: { ...shown.live, app: { ...shown.live.app, name: 'Scheduler' } } }],
    [
      'no longer verified',
      { ...shown, live: { ...shown.live, app: { ...shown.live.app, developer: { ...shown.live.app.developer, verified: false } } } },
    ],
    ['xT4 another tenant', someFacts({ ...asked, chosen: { ...contoso, ...delegated } })],
    ['xT6 another stay in the tenant', someFacts({ ...asked, chosen: { ...delegated, member: { ...northwind.member, membership: contoso.member.membership } } })],
    ['a grant made meanwhile', someFacts({ ...asked, chosen: { ...delegated, slotVersion: 1, grant: aGrant(['openid']) } })],
    ['xC7 a grant taken back meanwhile', someFacts({ ...asked, chosen: { ...delegated, slotVersion: 2 } })],
    ['the shared access box gone', someFacts(asked)],
    ['a required permission turned optional', someFacts({ ...asked, chosen: delegated, version: { permissions: { user: { required: [], optional: ['meetings:read', 'meetings:write', 'contacts:read'] }, tenant: { required: [], optional: [] } } } })],
  ];
  test.each(rows)('%s', (_, now) => {
    expect(decide(now, authorize(shown, { tenant: now.chosen?.tenant.id ?? '' }))).toEqual({ is: 'changed' });
  });

  const reviewed = { ...asked, request: { scopes: [...asked.request.scopes, 'files:read'] }, version: { permissions: { user: { required: ['meetings:read'], optional: ['meetings:write', 'contacts:read', 'files:read'] }, tenant: { required: [], optional: [] } } }, rules: STRICT };
  const before = someFacts(reviewed);
  const decisions: [string, ConsentFacts][] = [
    ['a permission was approved', someFacts({ ...reviewed, approval: { permissions: { user: ['files:read'], tenant: [] } } })],
    ['a permission was blocked by the rules', someFacts({ ...reviewed, rules: { ...STRICT, exceptions: [{ permission: 'files:read', identity: 'user', treatment: 'block' }] } })],
    ['a permission now needs approval', someFacts({ ...reviewed, rules: { ...STRICT, exceptions: [{ permission: 'meetings:write', identity: 'user', treatment: 'review' }] } })],
    ['the request was made in another tab', someFacts({ ...reviewed, chosen: { reviews: { open: aReview({ permissions: { user: ['files:read'], tenant: [] } }), decided: [] } } })],
    ['the approval was withdrawn', someFacts({ ...reviewed, approval: { status: 'withdrawn' } })],
    ['the app was removed and approved again', someFacts({ ...reviewed, approval: { generation: 1 } })],
  ];
  test.each(decisions)('xA2 %s', (_, now) => {
    expect(decide(now, authorize(before))).toEqual({ is: 'changed' });
  });

  test('another key', () => {
    const view = consentView(shown) as AskView;
    expect(shownDigest(Buffer.alloc(32, 8), shown.request, shown.live, view)).not.toBe(digestOf(shown));
  });
});

describe('refusing', () => {
  test('always works, also when the page changed meanwhile', () => {
    expect(decide(someFacts(), { decision: 'refuse', tenant: undefined })).toEqual({ is: 'refused', description: 'The person refused.' });
  });

  const rows: [string, ConsentFacts, RegExp][] = [
    ['no tenant', { ...someFacts(), memberships: [], chosen: undefined }, /^member_inactive: /],
    ['a foreign tenant', { ...someFacts({ request: { tenantHint: 'ten_x' as TenantId } }), chosen: undefined }, /cannot use this app/],
    ['tenant identity, for somebody who does not manage apps', someFacts({ request: { identity: 'tenant' } }), /^not_installed: /],
  ];
  test.each(rows)('a dead end (%s) tells the app why, and a yes to it gives nothing', (_, facts, why) => {
    const refused = decide(facts, { decision: 'refuse', tenant: undefined });
    expect(refused).toMatchObject({ is: 'refused', description: expect.stringMatching(why) });
    expect(decide(facts, authorize(facts))).toEqual({ is: 'changed' });
  });
});

describe('what the form sends', () => {
  const fields = (body: string) => {
    const form = new URLSearchParams(body);
    return { one: (name: string) => form.get(name) ?? '', all: (name: string) => form.getAll(name) };
  };
  const base = 'decision=authorize&tenant=ten_1&shown=abc';

  test('is read as it stands', () => {
    expect(parseConsentInput(fields(`csrf=x&${base}&permission=a%3Ab&permission=c&shared_access=yes`))).toEqual({
      decision: 'authorize',
      tenant: 'ten_1',
      shown: 'abc',
      draft: { nodes: {}, ticked: ['a:b', 'c'], tenantTicked: [], sharedAccess: true, reason: '', dataRange: draftOf({ kind: 'everyone' }) },
    });
  });

  const rows: [string, string][] = [
    ['decision', ''],
    ['decision', 'decision=yes'],
    ['tenant', 'decision=authorize&shown=abc'],
    ['shown', 'decision=authorize&tenant=ten_1'],
    ['permission', `${base}&permission=a&permission=a`],
    ['shared_access', `${base}&shared_access=on`],
  ];
  test.each(rows)('xP15 is refused, naming %s: %s', (pointer, body) => {
    const error = (() => {
      try {
        return parseConsentInput(fields(body));
      } catch (problem) {
        return problem;
      }
    })();
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'invalid_request', fields: [{ pointer }] });
  });
});
