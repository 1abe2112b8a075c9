import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { approveApp, blockApp } from '#src/approvals/change-approval.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import { openReview } from '#src/approvals/review-store.ts';
import type { InstallDecision } from '#src/installations/installation.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { addMember, changeMember } from '#src/tenants/member-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';
import type { HttpBrowser, HttpPage } from '#test/support/http-browser.ts';

import { boxes, valueOf } from './ben.ts';
import { startConsentSite, type ConsentSite } from './consent-site.ts';
import { catalogue } from './facts.ts';

let site: ConsentSite;
let gil: HttpBrowser;
let ben: HttpBrowser;

beforeAll(async () => {
  site = await startConsentSite();
  [gil, ben] = [await site.signedIn(site.people.gil), await site.signedIn(site.people.ben)];
});
afterAll(() => site.close());

const north = () => site.tenants.northwind.id;
const WISHES = { required: ['rooms:manage'], optional: ['meetings.all:read', 'files.all:write'] };

async function asks(
  browser: HttpBrowser,
  user: User,
  { identity = 'tenant', tenant = WISHES }: { identity?: PendingRequest['identity']; tenant?: typeof WISHES } = {},
) {
  const permissions = { user: { required: ['meetings:read'], optional: [] }, tenant };
  const made = await site.app({}, { permissions });
  const scopes = ['openid', ...(identity === 'tenant' ? [] : ['meetings:read']), ...tenant.required, ...tenant.optional];
  const request = site.pending(made.app, user, { identity, scopes, tenantHint: north() });
  return { ...made, request, page: await browser.open(site.pageOf(request)) };
}

const press = (browser: HttpBrowser, page: HttpPage, button: string, more: { tick?: string[]; untick?: string[]; fill?: Record<string, string> } = {}) =>
  browser.submit(page, { button, ...more }, { stopAt: site.appOrigin });

const installationOf = (request: PendingRequest): (InstallDecision | null)[] =>
  site.answersTo(request).map((answer) => ('installation' in answer ? answer.installation : null));

const approvalOf = async (app: Parameters<typeof readApprovalFacts>[2]) => (await readApprovalFacts(site.deps, north(), app)).approval;

describe('an admin', () => {
  test('L9 is asked in the name of the tenant, and with one yes approves what they may and installs', async () => {
    const { app, page, request } = await asks(gil, site.people.gil);
    for (const text of ['act as itself in', 'as itself, not as you', 'Needs approval, which you give with your yes', `/admin/${north()}/installations`]) expect(page.html).toContain(text);
    expect(boxes(page).slice(0, 3)).toEqual(['tenant_permission=meetings.all:read', '✓ for=everyone', 'for=some']);

    await press(gil, page, 'Approve and install', { tick: ['tenant_permission=meetings.all:read'] });
    expect(installationOf(request)).toMatchObject([
      { tenant: north(), permissions: ['rooms:manage', 'meetings.all:read'], dataRange: { kind: 'all' }, basis: { installation: null } },
    ]);
    expect(await approvalOf(app.id)).toMatchObject({ status: 'approved', permissions: { user: [], tenant: ['meetings.all:read'] }, decidedBy: { kind: 'user', id: site.people.gil.id } });
    expect((await openReview(site.deps, north(), app.id))?.value).toMatchObject({ byOwner: true, cause: 'install', permissions: { tenant: ['files.all:write'] } });
  });

  test('approves nothing that was not ticked', async () => {
    const { app, page, request } = await asks(gil, site.people.gil);
    await press(gil, page, 'Approve and install');
    expect([installationOf(request)[0]?.permissions, await approvalOf(app.id)]).toEqual([['rooms:manage'], undefined]);
  });

  test('keeps what was approved before, and for whom', async () => {
    const { app, request } = await asks(gil, site.people.gil);
    const availability = { kind: 'some', groups: [], members: [site.people.ada.id] } as const;
    await approveApp({ ...site.deps, catalogue }, { tenant: north(), app: app.id, permissions: { user: ['meetings:read'], tenant: [] }, availability }, site.operator);
    await press(gil, await gil.open(site.pageOf(request)), 'Approve and install', { tick: ['tenant_permission=meetings.all:read'] });
    expect(await approvalOf(app.id)).toMatchObject({ permissions: { user: ['meetings:read'], tenant: ['meetings.all:read'] }, availability });
  });

  test('what stands already is no question; the data range is as it is', async () => {
    const { app, page, request } = await asks(gil, site.people.gil, { tenant: { required: ['rooms:manage'], optional: [] } });
    await press(gil, page, 'Install', { untick: ['for=everyone'], tick: ['for=some', `member=${site.people.ben.id}`] });
    const [decision] = installationOf(request);
    if (!decision) throw new Error('there is a decision');
    await site.install(request, decision);
    const again = await gil.open(site.pageOf(site.pending(app, site.people.gil, { identity: 'tenant', scopes: ['rooms:manage'], tenantHint: north() })));
    expect(again.html).toContain('Already allowed');
    expect(boxes(again)).toEqual(expect.arrayContaining(['for=everyone', '✓ for=some', `✓ member=${site.people.ben.id}`, `member=${site.people.ada.id}`]));
  });

  test('xA5 who was demoted while the page was open gives nothing', async () => {
    const { app, page, request } = await asks(gil, site.people.gil);
    const member = { tenant: north(), user: site.people.gil.id };
    await changeMember(site.deps, { ...member, role: 'member' }, site.operator);
    const again = await press(gil, page, 'Approve and install', { tick: ['tenant_permission=meetings.all:read'] });
    await changeMember(site.deps, { ...member, role: 'admin' }, site.operator);
    expect([again.status, again.html.includes('Only somebody who manages apps there'), site.answersTo(request), await approvalOf(app.id)]).toEqual([409, true, [], undefined]);
  });

  test('I2 xA2 an app that was blocked while the page was open stays blocked', async () => {
    const { app, page, request } = await asks(gil, site.people.gil);
    await blockApp(site.deps, { tenant: north(), app: app.id }, site.operator);
    const again = await press(gil, page, 'Approve and install', { tick: ['tenant_permission=meetings.all:read'] });
    expect([again.status, site.answersTo(request), (await approvalOf(app.id))?.status]).toEqual([409, [], 'blocked']);
  });

  test('L10 who manages apps and is no reviewer asks the reviewers', async () => {
    await changeRules({ ...site.deps, catalogue }, { tenant: north(), changes: { reviewers: { kind: 'owners' } } }, site.operator);
    const { app, page, request } = await asks(gil, site.people.gil, { tenant: { required: ['meetings.all:read'], optional: [] } });
    await gil.submit(page, { button: 'Ask for approval' }, { stopAt: `${site.web.origin}/requests/` });
    await changeRules({ ...site.deps, catalogue }, { tenant: north(), changes: { reviewers: { kind: 'app_admins' } } }, site.operator);
    expect((await openReview(site.deps, north(), app.id))?.value).toMatchObject({ permissions: { user: [], tenant: ['meetings.all:read'] } });
    expect(site.answersTo(request)).toEqual([]);
  });
});

describe('L6 the data range', () => {
  const choose = async (fields: { tick?: string[]; untick?: string[]; fill?: Record<string, string> }) => {
    const { page, request } = await asks(gil, site.people.gil);
    return { page: await press(gil, page, 'Approve and install', fields), request };
  };

  test('is some groups and members, when that is chosen', async () => {
    const group = await createGroup(site.deps, { tenant: north(), name: 'Sales' }, site.operator);
    const { request } = await choose({ untick: ['for=everyone'], tick: ['for=some', `group=${group.id}`, `member=${site.people.ada.id}`] });
    expect(installationOf(request)).toMatchObject([{ dataRange: { kind: 'some', groups: [group.id], members: [site.people.ada.id] } }]);
  });

  test('all members beside members by name is asked back, with what was ticked as the choice', async () => {
    const { page, request } = await choose({ tick: [`member=${site.people.ada.id}`, 'tenant_permission=meetings.all:read'] });
    expect([page.status, page.html.includes('look at it once more'), site.answersTo(request)]).toEqual([400, true, []]);
    expect(boxes(page)).toEqual(expect.arrayContaining(['✓ tenant_permission=meetings.all:read', '✓ for=some', `✓ member=${site.people.ada.id}`]));
    await press(gil, page, 'Approve and install', { untick: [`member=${site.people.ada.id}`, 'for=some'], tick: ['for=everyone'] });
    expect(installationOf(request)).toMatchObject([{ dataRange: { kind: 'all' }, permissions: ['rooms:manage', 'meetings.all:read'] }]);
  });

  test('nobody is no range', async () => {
    const { page, request } = await choose({ untick: ['for=everyone'], tick: ['for=some'] });
    expect([page.status, page.html.includes('Choose at least one group or member'), site.answersTo(request)]).toEqual([400, true, []]);
  });

  test('xT1 a member of another tenant is nobody here', async () => {
    const { page, request } = await asks(gil, site.people.gil);
    const body = new URLSearchParams({
      ...Object.fromEntries(['csrf', 'tenant', 'shown'].map((name) => [name, valueOf(page, name)])),
      decision: 'authorize',
      for: 'some',
      member: site.people.chloe.id,
    });
    const cookie = ['assent_session', 'assent_form'].map((name) => `${name}=${gil.cookie(site.web.origin, name)}`).join('; ');
    const answer = await fetch(site.pageOf(request), { method: 'POST', body, headers: { cookie, 'sec-fetch-site': 'same-origin', accept: 'text/html' }, redirect: 'manual' });
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
    expect(await answer.text()).toContain('One of these people is not a member.');
  });

  test('of many members the page finds the one that is meant, and keeps who was ticked', async () => {
    for (let number = 0; number < 45; number += 1) {
      const user = await createUser(site.deps, { name: `Person ${number}`, email: `p${number}@northwind.example` }, site.operator);
      await addMember(site.deps, { tenant: north(), user: user.id, role: 'member' }, site.operator);
    }
    const { page, request } = await asks(gil, site.people.gil);
    const found = await press(gil, page, 'Find members', { untick: ['for=everyone'], tick: ['for=some', `member=${site.people.ada.id}`], fill: { query: 'person 44' } });
    expect(found.status).toBe(200);
    const members = boxes(found).filter((box) => box.includes('member='));
    expect([members.length, members[0]]).toEqual([2, `✓ member=${site.people.ada.id}`]);
    await press(gil, found, 'Approve and install', { tick: [members[1] ?? ''] });
    expect(installationOf(request)).toMatchObject([{ dataRange: { members: [site.people.ada.id, expect.any(String)] } }]);
  });
});

describe('somebody who does not manage apps', () => {
  test('xA4 sees who does, can ask for it, and cannot install', async () => {
    const { app, page, request } = await asks(ben, site.people.ben);
    for (const text of ['asks to act for', 'Ada Lovelace', 'Gil Admin', `/apps/${app.id}`]) expect(page.html).toContain(text);
    const cookie = ['assent_session', 'assent_form'].map((name) => `${name}=${ben.cookie(site.web.origin, name)}`).join('; ');
    const fields = Object.fromEntries(['csrf', 'tenant', 'shown'].map((name) => [name, valueOf(page, name)]));
    const forged = await fetch(site.pageOf(request), { method: 'POST', body: new URLSearchParams({ ...fields, decision: 'authorize', for: 'everyone' }), headers: { cookie, 'sec-fetch-site': 'same-origin', accept: 'text/html' }, redirect: 'manual' });
    expect([forged.status, site.answersTo(request)]).toEqual([409, []]);

    await ben.submit(page, { button: 'Ask for approval' }, { stopAt: `${site.web.origin}/requests/` });
    expect((await openReview(site.deps, north(), app.id))?.value).toMatchObject({ cause: 'install', permissions: { tenant: ['meetings.all:read', 'files.all:write'] } });
    await press(ben, page, 'Return to the app');
    expect(site.answersTo(request)).toMatchObject([{ refused: { description: expect.stringMatching(/^not_installed: /) } }]);
  });

  test('where nothing needs approval there is nothing to ask, but somebody to turn to', async () => {
    const { page } = await asks(ben, site.people.ben, { tenant: { required: ['rooms:manage'], optional: [] } });
    expect([page.html.includes('Ask for approval'), page.html.includes('Gil Admin')]).toEqual([false, true]);
  });
});

describe('both identities', () => {
  test('one page, one yes, both answers', async () => {
    const { page, request } = await asks(gil, site.people.gil, { identity: 'user tenant' });
    expect([page.html.includes('1. For you'), page.html.includes('2. For all of')]).toEqual([true, true]);
    await press(gil, page, 'Approve and authorize', { tick: ['tenant_permission=meetings.all:read'] });
    expect(site.answersTo(request)).toMatchObject([
      { decision: { permissions: ['openid', 'meetings:read'] }, installation: { permissions: ['rooms:manage', 'meetings.all:read'], dataRange: { kind: 'all' } } },
    ]);
  });

  test('who may not act for the tenant answers neither', async () => {
    const { page, request } = await asks(ben, site.people.ben, { identity: 'user tenant' });
    expect([page.html.includes('>Authorize<'), page.html.includes('asks to act for'), site.answersTo(request)]).toEqual([false, true, []]);
  });
});
