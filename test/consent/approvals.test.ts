import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { AppId } from '#src/ids.ts';
import { approvalKey } from '#src/approvals/approval-store.ts';
import { approveApp, blockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import { openReview } from '#src/approvals/review-store.ts';
import { decideReview } from '#src/approvals/decide-review.ts';
import type { HttpPage } from '#test/support/http-browser.ts';

import { benAt, boxes, valueOf, type Ben } from './ben.ts';
import { startConsentSite, type ConsentSite } from './consent-site.ts';
import { catalogue } from './facts.ts';

let site: ConsentSite;
let ben: Ben;

beforeAll(async () => {
  site = await startConsentSite();
  ben = await benAt(site);
});
afterAll(() => site.close());

const NONE = { required: [], optional: [] };
const EVERYONE = { kind: 'everyone' } as const;
const north = () => site.tenants.northwind.id;
const deps = () => ({ ...site.deps, catalogue });

const asking = (user: { required: string[]; optional: string[] }) =>
  ben.asked({ scopes: ['openid', ...user.required, ...user.optional], tenantHint: north() }, {}, { permissions: { user, tenant: NONE } });
const optionalFiles = () => asking({ required: ['meetings:read'], optional: ['files:read', 'messages:read'] });
const requiredFiles = () => asking({ required: ['files:read'], optional: ['meetings:write'] });

const openReviewOf = async (app: AppId) => (await openReview(site.deps, north(), app))?.value;
const approve = (app: AppId, user: string[], availability: Parameters<typeof approveApp>[1]['availability'] = EVERYONE) =>
  approveApp(deps(), { tenant: north(), app, permissions: { user, tenant: [] }, availability }, site.operator);

const given = (world: { request: Parameters<ConsentSite['answersTo']>[0] }) =>
  site.answersTo(world.request).map((answer) => ('decision' in answer ? answer.decision : answer));

const isShownAgain = (page: HttpPage) => [page.status, page.html.includes('changed while this page was open')];

describe('L12 what needs approval and is optional', () => {
  test('is no box; with the yes all of it goes to the reviewers in one request, with the reason, and the member gets the rest', async () => {
    const world = await optionalFiles();
    expect(boxes(world.page)).toEqual(['shared_access=yes']);
    for (const text of ['Needs approval by your organisation', 'See your files; Read your messages', 'Ada Lovelace']) expect(world.page.html).toContain(text);

    const back = await ben.submit(world.page, { button: 'Authorize', fill: { reason: 'For the quarterly plan' } }, { stopAt: site.appOrigin });
    expect(back.url.search).toBe('?code=1');
    expect(given(world)).toMatchObject([{ permissions: ['openid', 'meetings:read'], requested: ['files:read', 'messages:read'] }]);
    expect(await openReviewOf(world.app.id)).toMatchObject({
      permissions: { user: ['files:read', 'messages:read'], tenant: [] },
      byOwner: true,
      requests: [{ user: site.people.ben.id, reason: 'For the quarterly plan', resume: `/sign-in?restart=${world.request.uid}&tenant=${north()}` }],
    });
  });

  test('is shown with its state the next time, and not put again; what was approved is asked as new', async () => {
    const world = await optionalFiles();
    await ben.press(world.page, 'Authorize');
    const [first] = given(world);
    await site.grant(world.request, first as Parameters<ConsentSite['grant']>[1]);
    const review = await openReviewOf(world.app.id);
    if (!review) throw new Error('there is a review');

    const second = await ben.open(site.pageOf(site.pending(world.app, site.people.ben, { scopes: world.request.scopes, tenantHint: north() })));
    expect(second.html.match(/You asked for this; nobody has decided yet/g)).toHaveLength(2);
    expect(second.html).toContain(`/requests/${north()}/${review.id}`);
    expect(second.html).not.toContain('name="reason"');

    await decideReview(deps(), { tenant: north(), review: review.id }, { is: 'approve', permissions: { user: ['files:read'], tenant: [] }, availability: EVERYONE, reason: 'Files only' }, { kind: 'user', id: site.people.ada.id });
    const request = site.pending(world.app, site.people.ben, { scopes: world.request.scopes, tenantHint: north() });
    const third = await ben.open(site.pageOf(request));
    expect(boxes(third)).toEqual(['permission=files:read', 'shared_access=yes']);
    expect(third.html).toContain('it was not approved: “Files only”');
    await ben.press(third, 'Authorize', ['permission=files:read']);
    expect(given({ request })).toMatchObject([{ permissions: ['files:read'], requested: ['messages:read'] }]);
    expect(await openReviewOf(world.app.id)).toBeUndefined();
  });

  test('a reason that is too long is said on the page, and nothing is given or asked', async () => {
    const world = await optionalFiles();
    const again = await ben.submit(world.page, { button: 'Authorize', fill: { reason: 'x'.repeat(501) } });
    expect([again.status, again.html.includes('At most 500 characters.'), valueOf(again, 'reason').length, given(world)]).toEqual([400, true, 501, []]);
    expect(await openReviewOf(world.app.id)).toBeUndefined();
  });

  test('R10 who asked too often today is not kept from the app; what nobody was asked for comes up the next time', async () => {
    const chloe = await site.signedIn(site.people.chloe);
    const tenant = site.tenants.contoso.id;
    const permissions = { user: { required: [], optional: ['files:read'] }, tenant: NONE };
    const often = await site.app({}, { permissions });
    const ask = { tenant, app: often.app.id, permissions: { user: ['files:read'], tenant: [] }, cause: 'request', reason: '', resume: null } as const;
    for (let time = 0; time < 20; time += 1) await requestReview(deps(), ask, { kind: 'user', id: site.people.chloe.id });

    const { app } = await site.app({}, { permissions });
    const request = site.pending(app, site.people.chloe, { scopes: ['openid', 'files:read'] });
    await chloe.submit(await chloe.open(site.pageOf(request)), { button: 'Authorize' }, { stopAt: site.appOrigin });
    expect(given({ request })).toMatchObject([{ permissions: ['openid'], requested: [] }]);
    expect(await openReview(site.deps, tenant, app.id)).toBeUndefined();
  });

  test('xC4 a page without the request for approval cannot be made to ask for it', async () => {
    const { page, request } = await ben.asked();
    const answer = await ben.post(request, new URLSearchParams({ csrf: valueOf(page, 'csrf'), tenant: valueOf(page, 'tenant'), shown: valueOf(page, 'shown'), decision: 'ask' }));
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
  });
});

describe('Z10 what needs approval and is required', () => {
  test('Z10 xA1 the member asks with a reason and is led to the request; there is no way to authorize', async () => {
    const world = await requiredFiles();
    expect(world.page.html).toContain('needs approval in');
    expect(world.page.html).toContain('Gil Admin');
    const forged = await ben.post(world.request, new URLSearchParams({ ...Object.fromEntries(['csrf', 'tenant', 'shown'].map((name) => [name, valueOf(world.page, name)])), decision: 'authorize' }));
    expect([forged.status, given(world)]).toEqual([409, []]);

    const asked = await ben.submit(world.page, { button: 'Ask for approval', fill: { reason: 'Please' } }, { stopAt: `${site.web.origin}/requests/` });
    const review = await openReviewOf(world.app.id);
    expect(asked.url.pathname).toBe(`/requests/${north()}/${review?.id}`);
    expect(review).toMatchObject({ cause: 'request', permissions: { user: ['files:read'] }, requests: [{ reason: 'Please' }] });

    const again = await ben.open(site.pageOf(world.request));
    expect([again.html.includes('You asked for this already'), again.html.includes(asked.url.pathname)]).toEqual([true, true]);

    await approve(world.app.id, ['files:read']);
    const now = await ben.open(site.pageOf(world.request));
    await ben.press(now, 'Authorize');
    expect(given(world)).toMatchObject([{ permissions: ['openid', 'files:read'] }]);
  });

  test('returning to the app tells it what is missing', async () => {
    const world = await requiredFiles();
    await ben.press(world.page, 'Return to the app');
    expect(given(world)).toMatchObject([{ refused: { error: 'access_denied', description: expect.stringMatching(/^approval_required: .*files:read/) } }]);
  });

  test('five times at once is one review with one request', async () => {
    const world = await requiredFiles();
    await Promise.all(Array.from({ length: 5 }, () => ben.submit(world.page, { button: 'Ask for approval' }, { stopAt: `${site.web.origin}/requests/` })));
    expect((await openReviewOf(world.app.id))?.requests).toHaveLength(1);
  });

  test('a reviewer is led to the review itself', async () => {
    const gil = await site.signedIn(site.people.gil);
    const { app } = await site.app({}, { permissions: { user: { required: ['files:read'], optional: [] }, tenant: NONE } });
    const page = await gil.open(site.pageOf(site.pending(app, site.people.gil, { scopes: ['openid', 'files:read'] })));
    const led = await gil.submit(page, { button: 'Review it now' }, { stopAt: `${site.web.origin}/admin/` });
    expect(led.url.pathname).toBe(`/admin/${north()}/reviews/${(await openReviewOf(app.id))?.id}`);
  });
});

describe('xA2 xC4 what the tenant decides while the page is open', () => {
  type World = Awaited<ReturnType<typeof optionalFiles>>;
  const changes: [string, (world: World) => Promise<unknown>, string][] = [
    ['the approval is withdrawn', ({ app }) => withdrawApproval(site.deps, { tenant: north(), app: app.id }, site.operator), 'has taken back its approval'],
    ['the app is blocked', ({ app }) => blockApp(site.deps, { tenant: north(), app: app.id }, site.operator), 'has blocked'],
    ['L4 the app is only for others', ({ app }) => approve(app.id, [], { kind: 'some', groups: [], members: [site.people.ada.id] }), 'only for some of its members'],
    ['what was to be asked for is approved', ({ app }) => approve(app.id, ['files:read']), 'Read your messages'],
  ];
  test.each(changes)('%s: the page again, nothing given, nobody asked', async (_, change, text) => {
    const world = await optionalFiles();
    await change(world);
    const again = await ben.press(world.page, 'Authorize');
    expect(isShownAgain(again)).toEqual([409, true]);
    expect(again.html).toContain(text);
    expect([given(world), await openReviewOf(world.app.id)]).toEqual([[], undefined]);
  });

  test('L4 a member outside the availability is told so, can ask, and the app hears out_of_availability', async () => {
    const world = await optionalFiles();
    await approve(world.app.id, [], { kind: 'some', groups: [], members: [site.people.ada.id] });
    const page = await ben.open(site.pageOf(world.request));
    expect(page.html).toContain('is not available to you in');
    await ben.submit(page, { button: 'Ask for approval' }, { stopAt: `${site.web.origin}/requests/` });
    expect((await openReviewOf(world.app.id))?.requests.map(({ user }) => user)).toEqual([site.people.ben.id]);
    await ben.press(page, 'Return to the app');
    expect(given(world)).toMatchObject([{ refused: { description: expect.stringMatching(/^out_of_availability: /) } }]);
  });

  test('a blocked app cannot be asked for; the app hears approval_blocked', async () => {
    const world = await optionalFiles();
    await blockApp(site.deps, { tenant: north(), app: world.app.id }, site.operator);
    const page = await ben.open(site.pageOf(world.request));
    expect(page.html).not.toContain('Ask for approval');
    await ben.press(page, 'Return to the app');
    expect(given(world)).toMatchObject([{ refused: { description: expect.stringMatching(/^approval_blocked: /) } }]);
  });

  test('R10 a member whose app is in use goes on with it when a new version needs more', async () => {
    const world = await optionalFiles();
    await ben.press(world.page, 'Authorize');
    await site.grant(world.request, given(world)[0] as Parameters<ConsentSite['grant']>[1]);
    await site.publish(world.app, { permissions: { user: { required: ['meetings:read', 'files:read'], optional: [] }, tenant: NONE } });
    const request = site.pending(world.app, site.people.ben, { scopes: ['openid', 'meetings:read', 'files:read'], tenantHint: north() });
    const page = await ben.open(site.pageOf(request));
    await ben.press(page, 'Authorize');
    expect(given({ request })).toMatchObject([{ permissions: [], requested: ['files:read'] }]);
  });

  test('nothing of it is stored in the approval by looking', async () => {
    const world = await requiredFiles();
    const [record] = await site.deps.store.read(approvalKey(north(), world.app.id));
    expect(record).toBeUndefined();
  });
});
