import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { setAppStatus } from '#src/apps/app-store.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { endDelegation, liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { addMember, changeMember, findMember, removeMember } from '#src/tenants/member-store.ts';
import { setTenantStatus } from '#src/tenants/tenant-store.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';

import { startConsentSite, type ConsentSite } from './consent-site.ts';

const LABEL = 'Allow this app to use my shared access permissions';

let site: ConsentSite;
let ben: HttpBrowser;

beforeAll(async () => {
  site = await startConsentSite();
  ben = await site.signedIn(site.people.ben);
});
afterAll(() => site.close());

const north = () => site.tenants.northwind.id;

const boxes = (page: HttpPage): string[] =>
  page.forms.flatMap(({ controls }) => controls.filter(({ box }) => box).map(({ name, value, checked }) => `${checked ? '✓ ' : ''}${name}=${value}`));

const press = (browser: HttpBrowser, page: HttpPage, button: string, tick: string[] = [], untick: string[] = []) =>
  browser.submit(page, { button, tick, untick }, { stopAt: site.appOrigin });

const valueOf = (page: HttpPage, name: string, of = '/consent'): string =>
  page.forms.find(({ action }) => action.startsWith(of))?.controls.find((control) => control.name === name)?.value ?? '';

/** A POST that Ben's browser did not make from the page's own form. */
function post(request: PendingRequest, body: URLSearchParams | string, headers: Record<string, string> = {}): Promise<Response> {
  const cookie = ['assent_session', 'assent_form'].map((name) => `${name}=${ben.cookie(site.web.origin, name)}`).join('; ');
  return fetch(site.pageOf(request), {
    method: 'POST',
    body: body.toString(),
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', accept: 'text/html', ...headers },
    redirect: 'manual',
  });
}

/** What pressing Authorize sends when nothing is ticked. */
const yesTo = (page: HttpPage): URLSearchParams =>
  new URLSearchParams({ decision: 'authorize', ...Object.fromEntries(['csrf', 'tenant', 'shown'].map((name) => [name, valueOf(page, name)])) });

/** A request of a new app that waits for Ben, and its page. */
async function asked(more: Partial<PendingRequest> = {}, ...app: Parameters<ConsentSite['app']>) {
  const made = await site.app(...app);
  const request = site.pending(made.app, site.people.ben, more);
  return { ...made, request, page: await ben.open(site.pageOf(request)) };
}

describe('the page', () => {
  test('Z1 says who asks, for whom, where, and what; optional permissions and shared access are unticked boxes', async () => {
    const { page } = await asked();
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
    const { page, request } = await asked();
    const back = await press(ben, page, 'Authorize');
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
    const { page, request } = await asked();
    await press(ben, page, 'Authorize', ['permission=contacts:read', 'shared_access']);
    expect(site.answersTo(request)).toMatchObject([
      { decision: { permissions: expect.arrayContaining(['meetings:read', 'contacts:read']), sharedAccess: true } },
    ]);
  });

  test('Z1 there is no box where nobody delegated, nor for an app that cannot use it', async () => {
    const { request, app } = await asked();
    const elsewhere = await ben.open(site.pageOf(request, site.tenants.contoso.id));
    expect(elsewhere.html).not.toContain(LABEL);
    await site.publish(app, { sharedAccess: false });
    expect((await ben.open(site.pageOf(request))).html).not.toContain(LABEL);
  });

  test('Z4 an app that lists shared_access in scope gets no tick and no line for it', async () => {
    const { page } = await asked({ scopes: ['openid', 'meetings:read', 'shared_access'] });
    expect(boxes(page)).toEqual(['shared_access=yes']);
    expect(page.html.split('shared_access')).toHaveLength(2);
  });

  test('Z12 L5 asking for more later shows only what is new; what was granted stays and is listed apart', async () => {
    const { page, request, app } = await asked({ scopes: ['openid', 'meetings:read'] });
    await press(ben, page, 'Authorize', ['shared_access']);
    const [first] = site.answersTo(request);
    if (!first || !('decision' in first)) throw new Error('there was a decision');
    await site.grant(request, first.decision);

    const more = site.pending(app, site.people.ben, { scopes: ['openid', 'meetings:read', 'contacts:read'] });
    const second = await ben.open(site.pageOf(more));
    expect(boxes(second)).toEqual(['permission=contacts:read', '✓ shared_access=yes']);
    expect(second.html.split('Already allowed</h2>')[1]).toContain('See your meetings');

    await press(ben, second, 'Authorize', ['permission=contacts:read'], ['shared_access']);
    const [next] = site.answersTo(more);
    if (!next || !('decision' in next)) throw new Error('there was a decision');
    expect(next.decision).toMatchObject({ permissions: ['contacts:read'], sharedAccess: false });
    expect(await site.grant(more, next.decision)).toMatchObject({
      permissions: ['openid', 'meetings:read', 'contacts:read'],
      sharedAccess: false,
    });
  });

  test('Refuse sends access_denied', async () => {
    const { page, request } = await asked();
    expect((await press(ben, page, 'Refuse')).url.href).toBe(`${site.appOrigin}/callback?error=access_denied`);
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
    const { request, page } = await asked();
    expect(page.html).toContain(`?tenant=${site.tenants.contoso.id}`);
    const picked = await ben.open(site.pageOf(request, site.tenants.contoso.id));
    await press(ben, picked, 'Authorize');
    expect(site.answersTo(request)).toMatchObject([{ decision: { tenant: site.tenants.contoso.id } }]);
  });

  test('xT4 a tenant picked in another tab meanwhile does not change what this form is about', async () => {
    const { request, page } = await asked();
    await ben.open(site.pageOf(request, site.tenants.contoso.id));
    await press(ben, page, 'Authorize');
    expect(site.answersTo(request)).toMatchObject([{ decision: { tenant: north() } }]);
  });

  test('xT4 a form whose tenant was exchanged is shown again and gives nothing', async () => {
    const { request, page } = await asked();
    const again = await ben.submit(page, { button: 'Authorize', fill: { tenant: site.tenants.contoso.id } }, { stopAt: site.appOrigin });
    expect([again.status, site.answersTo(request)]).toEqual([409, []]);
  });

  test('the tenant that the app names is preselected', async () => {
    const { page } = await asked({ tenantHint: site.tenants.contoso.id });
    expect(valueOf(page, 'tenant')).toBe(site.tenants.contoso.id);
  });

  test('xT1 a foreign tenant and one that does not exist give the same page, with the tenants that are theirs', async () => {
    const { request } = await asked();
    const foreign = await ben.open(site.pageOf(request, site.tenants.foreign.id));
    const unknown = await ben.open(site.pageOf(request, 'ten_nonsense'));
    const withoutTokens = ({ html }: HttpPage) => html.replaceAll(/name="csrf" value="[^"]*"/g, '');
    expect(withoutTokens(foreign)).toBe(withoutTokens(unknown));
    expect(foreign.html).toContain('>Contoso<');
    expect(foreign.html).toContain('>Northwind<');
    expect(foreign.html).not.toContain('Fabrikam');
    await press(ben, foreign, 'Return to the app');
    expect(site.answersTo(request)).toMatchObject([{ refused: { error: 'access_denied' } }]);
  });

  test.each(['{ten}:*', '../..', "'; --", '%', 'a'.repeat(2000)])('xT5 the tenant %j is no tenant of theirs', async (tenant) => {
    const { request } = await asked();
    const page = await ben.open(site.pageOf(request, tenant));
    expect([page.status, page.html.includes('cannot be used there')]).toEqual([200, true]);
  });

  test('somebody who is a member nowhere is told what to do, and can return to the app', async () => {
    const dora = await site.signedIn(site.people.dora);
    const { app } = await site.app();
    const request = site.pending(app, site.people.dora);
    const page = await dora.open(site.pageOf(request));
    expect(page.html).toContain('is not an active member of any tenant');
    await press(dora, page, 'Return to the app');
    expect(site.answersTo(request)).toMatchObject([
      { refused: { error: 'access_denied', description: expect.stringMatching(/^member_inactive/) } },
    ]);
  });

  test('a request for a whole tenant is told apart, and the app is told unauthorized_client', async () => {
    const { page, request } = await asked({ identity: 'tenant' });
    expect(page.html).toContain('asks for a whole tenant');
    await press(ben, page, 'Return to the app');
    expect(site.answersTo(request)).toMatchObject([{ refused: { description: expect.stringMatching(/^unauthorized_client/) } }]);
  });
});

describe('xC1 forged', () => {
  test('a GET gives nothing, whatever its query says', async () => {
    const { request } = await asked();
    const page = await ben.open(`${site.pageOf(request)}?decision=authorize&tenant=${north()}&shared_access=yes&skip=true`);
    expect([page.status, site.answersTo(request)]).toEqual([200, []]);
  });

  const forgeries: [string, Record<string, string>, number][] = [
    ['without a token', { csrf: '' }, 403],
    ['with a token that is not ours', { csrf: 'A'.repeat(59) }, 403],
    ['without what was shown', { shown: '' }, 400],
    ['with something else as what was shown', { shown: 'A'.repeat(43) }, 409],
    ['without a tenant', { tenant: '' }, 400],
  ];
  test.each(forgeries)('a POST %s gives nothing', async (_, fill, status) => {
    const { page, request } = await asked();
    const answer = await ben.submit(page, { button: 'Authorize', fill }, { stopAt: site.appOrigin });
    expect([answer.status, site.answersTo(request)]).toEqual([status, []]);
  });

  test('the token of one request does not open another', async () => {
    const [one, other] = [await asked(), await asked()];
    const answer = await ben.submit(one.page, { button: 'Authorize', fill: { csrf: valueOf(other.page, 'csrf') } }, { stopAt: site.appOrigin });
    expect([answer.status, site.answersTo(one.request)]).toEqual([403, []]);
  });

  test('what one app was shown with does not authorize another', async () => {
    const [one, other] = [await asked(), await asked()];
    const answer = await ben.submit(one.page, { button: 'Authorize', fill: { shown: valueOf(other.page, 'shown') } }, { stopAt: site.appOrigin });
    expect([answer.status, site.answersTo(one.request)]).toEqual([409, []]);
  });

  test('a form sent from another site gives nothing', async () => {
    const { page, request } = await asked();
    const answer = await post(request, yesTo(page), { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
    expect([answer.status, site.answersTo(request)]).toEqual([403, []]);
  });
});

describe('xC2 another person', () => {
  test('who opens the link sees nothing of it and can start again; their POST gives nothing', async () => {
    const { request, page } = await asked();
    const chloe = await site.signedIn(site.people.chloe);
    const seen = await chloe.open(site.pageOf(request));
    expect(seen.status).toBe(400);
    expect(seen.html).toContain(request.restartPath);
    expect(seen.html).not.toContain('ben@northwind.example');
    const answer = await chloe.submit(page, { button: 'Authorize' }, { stopAt: site.appOrigin });
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
  });

  test('nobody signed in: the same', async () => {
    const { request } = await asked();
    const nobody = createHttpBrowser();
    expect(await nobody.open(site.pageOf(request))).toMatchObject({ status: 400, html: expect.stringContaining('Start again') });
  });

  test('an unknown request is expired', async () => {
    const page = await ben.open(`${site.web.origin}/consent/uid-nonsense`);
    expect([page.status, page.html.includes('has expired or was already used')]).toEqual([400, true]);
  });
});

test('xC3 a form that is sent five times at once gives one answer', async () => {
  const { request, page } = await asked();
  const answers = await Promise.all(Array.from({ length: 5 }, () => press(ben, page, 'Authorize')));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 400, 400, 400, 400]);
  expect(site.answersTo(request)).toHaveLength(1);
});

describe('xC4 the page is shown again when it no longer says what would be given', () => {
  type World = Awaited<ReturnType<typeof asked>>;
  const changes: [string, (world: World) => Promise<unknown>][] = [
    ['the request grew', async ({ request }) => site.change(request.uid, { scopes: [...request.scopes, 'calendar:read', 'openid'], redirectUri: `${site.appOrigin}/other` })],
    [
      'the app published a version that asks for more',
      ({ app }) => site.publish(app, { permissions: { user: { required: ['meetings:read', 'contacts:read'], optional: ['meetings:write'] } } }),
    ],
    ['the app published a version that lost shared access', ({ app }) => site.publish(app, { sharedAccess: false })],
    [
      'xC7 a grant was made meanwhile',
      async ({ request }) => {
        const other = { ...request, uid: 'elsewhere' };
        const basis = { membership: (await membershipOfBen()).membership, grantSlot: null };
        await site.grant(other, { tenant: north(), permissions: ['openid'], sharedAccess: false, basis });
      },
    ],
  ];
  test.each(changes)('%s', async (_, change) => {
    const world = await asked();
    await change(world);
    const again = await press(ben, world.page, 'Authorize', ['shared_access']);
    expect(again.status).toBe(409);
    expect(again.html).toContain('What the app asks for changed while this page was open. Read it again.');
    expect(site.answersTo(world.request)).toEqual([]);
    await press(ben, again, 'Authorize');
    expect(site.answersTo(world.request)).toHaveLength(1);
  });

  const membershipOfBen = async () => {
    const member = await findMember(site.deps, north(), site.people.ben.id);
    if (!member) throw new Error('Ben is a member');
    return member;
  };
});

describe('xC4 what was not offered is refused by name', () => {
  const rows: [string, string, string][] = [
    ['permission', 'calendar:read', '&#34;calendar:read&#34; was not offered'],
    ['permission', 'meetings:read', '&#34;meetings:read&#34; was not offered'],
    ['permission', 'shared_access', '&#34;shared_access&#34; was not offered'],
    ['permission', '<script>', '&#34;&lt;script&gt;&#34; was not offered'],
    ['shared_access', 'yes', 'Shared access was not offered'],
  ];
  test.each(rows)('%s=%s', async (field, value, sentence) => {
    const { page, request } = await asked({}, {}, { sharedAccess: false });
    const body = yesTo(page);
    body.append(field, value);
    const answer = await post(request, body);
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
    expect(await answer.text()).toContain(sentence);
  });
});

describe('what ends meanwhile', () => {
  test('xT6 a member who was removed gets no further', async () => {
    const { request, page } = await asked({ tenantHint: north() });
    const member = { tenant: north(), user: site.people.ben.id };
    await removeMember(site.deps, member, site.operator);
    const gone = await press(ben, page, 'Authorize');
    expect([gone.status, gone.html.includes('cannot be used there'), site.answersTo(request)]).toEqual([409, true, []]);
    await addMember(site.deps, { ...member, role: 'member' }, site.operator);
    const back = await press(ben, page, 'Authorize');
    expect([back.status, site.answersTo(request)]).toEqual([409, []]);
    const delegations = await liveDelegationsTo(site.deps, north(), site.people.ben.id);
    expect(delegations).toEqual([]);
    await site.adaDelegatesToBen();
  });

  test('an inactive member and a suspended tenant are no place to use it', async () => {
    const { request } = await asked();
    await changeMember(site.deps, { tenant: site.tenants.contoso.id, user: site.people.ben.id, status: 'inactive' }, site.operator);
    expect((await ben.open(site.pageOf(request))).html).not.toContain('Contoso');
    await changeMember(site.deps, { tenant: site.tenants.contoso.id, user: site.people.ben.id, status: 'active' }, site.operator);
    await setTenantStatus(site.deps, { id: site.tenants.contoso.id, status: 'suspended' }, site.operator);
    expect((await ben.open(site.pageOf(request))).html).not.toContain('Contoso');
    await setTenantStatus(site.deps, { id: site.tenants.contoso.id, status: 'active' }, site.operator);
  });

  test('Z1 the last delegation ended: the box is gone, and a form that still has it is shown again', async () => {
    const { request, page } = await asked({ tenantHint: north() });
    const [delegation] = await liveDelegationsTo(site.deps, north(), site.people.ben.id);
    if (!delegation) throw new Error('Ada delegated');
    await endDelegation(site.deps, north(), delegation.id, 'giver', { kind: 'user', id: site.people.ada.id });
    const again = await press(ben, page, 'Authorize', ['shared_access']);
    expect([again.status, again.html.includes(LABEL), site.answersTo(request)]).toEqual([409, false, []]);
    await site.adaDelegatesToBen();
  });

  test('an app that was switched off is said to be so', async () => {
    const { request, app, page } = await asked();
    await setAppStatus(site.deps, { id: app.id, status: 'disabled' }, site.operator);
    for (const seen of [await ben.open(site.pageOf(request)), await press(ben, page, 'Authorize')]) {
      expect([seen.status, seen.html.includes('This app is switched off.')]).toEqual([403, true]);
    }
    expect(site.answersTo(request)).toEqual([]);
  });
});

test('xC5 the page cannot be framed, kept or scripted, and its form leads to us and to the app only', async () => {
  const { page } = await asked();
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('script-src');
  expect(policy).toContain(`form-action 'self' ${site.appOrigin}`);
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('referrer-policy')).toBe('no-referrer');
});

describe('xC6 what strangers wrote is inert', () => {
  test.each(['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "<%= view %>'\"`", '&lt;b&gt;'])('%s as the name of app and developer', async (name) => {
    const { page } = await asked({}, { name, developer: { name, uri: null, verified: false } });
    expect(page.status).toBe(200);
    expect(page.html).not.toMatch(/<img src=x|<script|onerror=alert\(1\)>(?!&)/);
    expect(page.html).not.toContain(name.includes('<') ? name : '<b>');
  });

  test('a picture is fetched from an https address without a referrer, and the policy names its place', async () => {
    const { page } = await asked({}, { logoUri: 'https://cdn.example/logo.png' });
    expect(page.html).toMatch(/<img src="https:\/\/cdn\.example\/logo\.png"[^>]*referrerpolicy="no-referrer"/);
    expect(page.headers.get('content-security-policy')).toMatch(/img-src [^;]*https:\/\/cdn\.example/);
  });

  test('who is not verified is said so beside the name, not in it', async () => {
    const { page } = await asked({}, { name: 'Scheduler Pro ✓ Verified developer', developer: { name: 'Nobody', uri: null, verified: false } });
    expect(page.html).toContain('Nobody has checked who made this app.');
    expect(page.html).not.toContain('class="badge ok"');
  });
});

describe('xP15 malformed forms', () => {
  const bodies: [string, string, number][] = [
    ['twice decided', 'decision=refuse&decision=authorize', 400],
    ['not decided', '', 400],
    ['decided otherwise', 'decision=maybe', 400],
    ['a permission twice', 'decision=authorize&tenant=t&shown=s&permission=a&permission=a', 400],
    ['prototype keys', 'decision=authorize&tenant=t&shown=s&__proto__=x', 400],
    ['NUL', 'decision=authorize&tenant=t%00&shown=s', 400],
    ['huge', `decision=authorize&tenant=${'x'.repeat(70_000)}&shown=s`, 413],
  ];
  test.each(bodies)('%s', async (_, text, status) => {
    const { page, request } = await asked();
    const answer = await post(request, `csrf=${encodeURIComponent(valueOf(page, 'csrf'))}&${text}`);
    expect([answer.status, site.answersTo(request)]).toEqual([status, []]);
  });

  test('JSON is not a form', async () => {
    const { request } = await asked();
    const answer = await post(request, '{"decision":"authorize"}', { 'content-type': 'application/json' });
    expect([answer.status, site.answersTo(request)]).toEqual([415, []]);
  });
});
