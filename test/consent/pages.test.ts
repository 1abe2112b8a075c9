import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { setAppStatus } from '#src/apps/app-store.ts';
import { endDelegation, liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { addMember, changeMember, removeMember } from '#src/tenants/member-store.ts';
import { setTenantStatus } from '#src/tenants/tenant-store.ts';
import type { HttpPage } from '#test/support/http-browser.ts';

import { benAt, boxes, valueOf, type Ben } from './ben.ts';
import { startConsentSite, type ConsentSite } from './consent-site.ts';

const LABEL = 'Allow this app to use my shared access permissions';

let site: ConsentSite;
let ben: Ben;

beforeAll(async () => {
  site = await startConsentSite();
  ben = await benAt(site);
});
afterAll(() => site.close());

const north = () => site.tenants.northwind.id;

describe('the page', () => {
  test('Z1 says who asks, for whom, where, and what; optional permissions and shared access are unticked boxes', async () => {
    const { page } = await ben.asked();
    expect(page.status).toBe(200);
    for (const text of [
      'Scheduler Pro',
      'Bright Tools',
      'Verified developer',
      'Ben Okri',
      'ben@northwind.example',
      'Northwind',
      new URL(site.appOrigin).host,
      'See your name and e-mail address',
      'Stay connected when you are not there',
      'See your meetings',
      LABEL,
      'Ada Lovelace</bdi></strong>: See their meetings',
      'Until you take it back',
      'href="/account"',
    ]) {
      expect(page.html).toContain(text);
    }
    expect(boxes(page)).toEqual(['permission=meetings:write', 'permission=contacts:read', 'shared_access=yes']);
  });

  test('Z1 authorizing without the box gives what is required and no shared access', async () => {
    const { page, request } = await ben.asked();
    const back = await ben.press(page, 'Authorize');
    expect(back.url.href).toBe(`${site.appOrigin}/callback?code=1`);
    expect(site.answersTo(request)).toMatchObject([
      {
        decision: {
          tenant: north(),
          permissions: ['openid', 'profile', 'email', 'meetings:read', 'offline_access'],
          sharedAccess: false,
          basis: { grantSlot: null },
        },
      },
    ]);
  });

  test('Z1 Z12 authorizing with boxes gives them too', async () => {
    const { page, request } = await ben.asked();
    await ben.press(page, 'Authorize', ['permission=contacts:read', 'shared_access']);
    expect(site.answersTo(request)).toMatchObject([
      { decision: { permissions: expect.arrayContaining(['meetings:read', 'contacts:read']), sharedAccess: true } },
    ]);
  });

  test('Z1 there is no box where nobody delegated, nor for an app that cannot use it', async () => {
    const { request, app } = await ben.asked();
    const elsewhere = await ben.open(site.pageOf(request, site.tenants.contoso.id));
    expect(elsewhere.html).not.toContain(LABEL);
    await site.publish(app, { sharedAccess: false });
    expect((await ben.open(site.pageOf(request))).html).not.toContain(LABEL);
  });

  test('Z4 an app that lists shared_access in scope gets no tick and no line for it', async () => {
    const { page } = await ben.asked({ scopes: ['openid', 'meetings:read', 'shared_access'] });
    expect(boxes(page)).toEqual(['shared_access=yes']);
    expect(page.html.split('shared_access')).toHaveLength(2);
  });

  test('Z12 L5 asking for more later shows only what is new; what was granted stays and is listed apart', async () => {
    const { page, request, app } = await ben.asked({ scopes: ['openid', 'meetings:read'] });
    await ben.press(page, 'Authorize', ['shared_access']);
    const [first] = site.answersTo(request);
    if (!first || !('decision' in first)) throw new Error('there was a decision');
    await site.grant(request, first.decision);

    const more = site.pending(app, site.people.ben, { scopes: ['openid', 'meetings:read', 'contacts:read'] });
    const second = await ben.open(site.pageOf(more));
    expect(boxes(second)).toEqual(['permission=contacts:read', '✓ shared_access=yes']);
    expect(second.html.split('Already allowed</h2>')[1]).toContain('See your meetings');

    await ben.press(second, 'Authorize', ['permission=contacts:read'], ['shared_access']);
    const [next] = site.answersTo(more);
    if (!next || !('decision' in next)) throw new Error('there was a decision');
    expect(next.decision).toMatchObject({ permissions: ['contacts:read'], sharedAccess: false });
    expect(await site.grant(more, next.decision)).toMatchObject({
      permissions: ['openid', 'meetings:read', 'contacts:read'],
      sharedAccess: false,
    });
  });

  test('Refuse sends access_denied', async () => {
    const { page, request } = await ben.asked();
    expect((await ben.press(page, 'Refuse')).url.href).toBe(`${site.appOrigin}/callback?error=access_denied`);
    expect(site.answersTo(request)).toEqual([{ refused: { error: 'access_denied', description: 'The person refused.' } }]);
  });

  test('using another account signs out and starts the same request over', async () => {
    const browser = await site.signedIn(site.people.ben);
    const { app } = await site.app();
    const page = await browser.open(site.pageOf(site.pending(app, site.people.ben, { restartPath: '/sign-in' })));
    const next = await browser.submit(page, { button: 'Not you? Use another account' });
    expect(next.url.pathname).toBe('/sign-in');
    expect((await browser.open(page.url)).html).toContain('Start again');
  });
});

describe('tenants', () => {
  test('xT4 a member of several picks: the form is bound to the tenant that the page shows', async () => {
    const { request, page } = await ben.asked();
    expect(page.html).toContain(`?tenant=${site.tenants.contoso.id}`);
    const picked = await ben.open(site.pageOf(request, site.tenants.contoso.id));
    await ben.press(picked, 'Authorize');
    expect(site.answersTo(request)).toMatchObject([{ decision: { tenant: site.tenants.contoso.id } }]);
  });

  test('xT4 a tenant picked in another tab meanwhile does not change what this form is about', async () => {
    const { request, page } = await ben.asked();
    await ben.open(site.pageOf(request, site.tenants.contoso.id));
    await ben.press(page, 'Authorize');
    expect(site.answersTo(request)).toMatchObject([{ decision: { tenant: north() } }]);
  });

  test('xT4 a form whose tenant was exchanged is shown again and gives nothing', async () => {
    const { request, page } = await ben.asked();
    const again = await ben.authorizeWith(page, { tenant: site.tenants.contoso.id });
    expect([again.status, site.answersTo(request)]).toEqual([409, []]);
  });

  test('the tenant that the app names is preselected', async () => {
    const { page } = await ben.asked({ tenantHint: site.tenants.contoso.id });
    expect(valueOf(page, 'tenant')).toBe(site.tenants.contoso.id);
  });

  test('xT1 a foreign tenant and one that does not exist give the same page, with the tenants that are theirs', async () => {
    const { request } = await ben.asked();
    const foreign = await ben.open(site.pageOf(request, site.tenants.foreign.id));
    const unknown = await ben.open(site.pageOf(request, 'ten_nonsense'));
    const withoutTokens = ({ html }: HttpPage) => html.replaceAll(/name="csrf" value="[^"]*"/g, '');
    expect(withoutTokens(foreign)).toBe(withoutTokens(unknown));
    expect(foreign.html).toContain('>Contoso<');
    expect(foreign.html).toContain('>Northwind<');
    expect(foreign.html).not.toContain('Fabrikam');
    await ben.press(foreign, 'Return to the app');
    expect(site.answersTo(request)).toMatchObject([{ refused: { error: 'access_denied' } }]);
  });

  test.each(['{ten}:*', '../..', "'; --", '%', 'a'.repeat(2000)])('xT5 the tenant %j is no tenant of theirs', async (tenant) => {
    const { request } = await ben.asked();
    const page = await ben.open(site.pageOf(request, tenant));
    expect([page.status, page.html.includes('cannot be used there')]).toEqual([200, true]);
  });

  test('somebody who is a member nowhere is told what to do, and can return to the app', async () => {
    const dora = await site.signedIn(site.people.dora);
    const { app } = await site.app();
    const request = site.pending(app, site.people.dora);
    const page = await dora.open(site.pageOf(request));
    expect(page.html).toContain('is not an active member of any tenant');
    await dora.submit(page, { button: 'Return to the app' }, { stopAt: site.appOrigin });
    expect(site.answersTo(request)).toMatchObject([
      { refused: { error: 'access_denied', description: expect.stringMatching(/^member_inactive/) } },
    ]);
  });
});

describe('what ends meanwhile', () => {
  test('xT6 a member who was removed gets no further', async () => {
    const { request, page } = await ben.asked({ tenantHint: north() });
    const member = { tenant: north(), user: site.people.ben.id };
    await removeMember(site.deps, member, site.operator);
    const gone = await ben.press(page, 'Authorize');
    expect([gone.status, gone.html.includes('cannot be used there'), site.answersTo(request)]).toEqual([409, true, []]);
    await addMember(site.deps, { ...member, role: 'member' }, site.operator);
    const back = await ben.press(page, 'Authorize');
    expect([back.status, site.answersTo(request)]).toEqual([409, []]);
    const delegations = await liveDelegationsTo(site.deps, north(), site.people.ben.id);
    expect(delegations).toEqual([]);
    await site.adaDelegatesToBen();
  });

  test('an inactive member and a suspended tenant are no place to use it', async () => {
    const { request } = await ben.asked();
    await changeMember(site.deps, { tenant: site.tenants.contoso.id, user: site.people.ben.id, status: 'inactive' }, site.operator);
    expect((await ben.open(site.pageOf(request))).html).not.toContain('Contoso');
    await changeMember(site.deps, { tenant: site.tenants.contoso.id, user: site.people.ben.id, status: 'active' }, site.operator);
    await setTenantStatus(site.deps, { id: site.tenants.contoso.id, status: 'suspended' }, site.operator);
    expect((await ben.open(site.pageOf(request))).html).not.toContain('Contoso');
    await setTenantStatus(site.deps, { id: site.tenants.contoso.id, status: 'active' }, site.operator);
  });

  test('Z1 the last delegation ended: the box is gone, and a form that still has it is shown again', async () => {
    const { request, page } = await ben.asked({ tenantHint: north() });
    const [delegation] = await liveDelegationsTo(site.deps, north(), site.people.ben.id);
    if (!delegation) throw new Error('Ada delegated');
    await endDelegation(site.deps, north(), delegation.id, 'giver', { kind: 'user', id: site.people.ada.id });
    const again = await ben.press(page, 'Authorize', ['shared_access']);
    expect([again.status, again.html.includes(LABEL), site.answersTo(request)]).toEqual([409, false, []]);
    await site.adaDelegatesToBen();
  });

  test('an app that was switched off is said to be so', async () => {
    const { request, app, page } = await ben.asked();
    await setAppStatus(site.deps, { id: app.id, status: 'disabled' }, site.operator);
    for (const seen of [await ben.open(site.pageOf(request)), await ben.press(page, 'Authorize')]) {
      expect([seen.status, seen.html.includes('This app is switched off.')]).toEqual([403, true]);
    }
    expect(site.answersTo(request)).toEqual([]);
  });
});
