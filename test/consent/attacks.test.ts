import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { findMember } from '#src/tenants/member-store.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';

import { benAt, valueOf, yesTo, type Ben } from './ben.ts';
import { startConsentSite, type ConsentSite } from './consent-site.ts';

let site: ConsentSite;
let ben: Ben;

beforeAll(async () => {
  site = await startConsentSite();
  ben = await benAt(site);
});
afterAll(() => site.close());

const north = () => site.tenants.northwind.id;

describe('xC1 forged', () => {
  test('a GET gives nothing, whatever its query says', async () => {
    const { request } = await ben.asked();
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
    const { page, request } = await ben.asked();
    const answer = await ben.authorizeWith(page, fill);
    expect([answer.status, site.answersTo(request)]).toEqual([status, []]);
  });

  test('the token of one request does not open another', async () => {
    const [one, other] = [await ben.asked(), await ben.asked()];
    const answer = await ben.authorizeWith(one.page, { csrf: valueOf(other.page, 'csrf') });
    expect([answer.status, site.answersTo(one.request)]).toEqual([403, []]);
  });

  test('what one app was shown with does not authorize another', async () => {
    const [one, other] = [await ben.asked(), await ben.asked()];
    const answer = await ben.authorizeWith(one.page, { shown: valueOf(other.page, 'shown') });
    expect([answer.status, site.answersTo(one.request)]).toEqual([409, []]);
  });

  test('a form sent from another site gives nothing', async () => {
    const { page, request } = await ben.asked();
    const answer = await ben.post(request, yesTo(page), { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
    expect([answer.status, site.answersTo(request)]).toEqual([403, []]);
  });
});

describe('xC2 another person', () => {
  test('who opens the link sees nothing of it and can start again; their POST gives nothing', async () => {
    const { request, page } = await ben.asked();
    const chloe = await site.signedIn(site.people.chloe);
    const seen = await chloe.open(site.pageOf(request));
    expect(seen.status).toBe(400);
    expect(seen.html).toContain(request.restartPath);
    expect(seen.html).not.toContain('ben@northwind.example');
    const answer = await chloe.submit(page, { button: 'Authorize' }, { stopAt: site.appOrigin });
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
  });

  test('nobody signed in: the same', async () => {
    const { request } = await ben.asked();
    const nobody = createHttpBrowser();
    expect(await nobody.open(site.pageOf(request))).toMatchObject({ status: 400, html: expect.stringContaining('Start again') });
  });

  test('an unknown request is expired', async () => {
    const page = await ben.open(`${site.web.origin}/consent/uid-nonsense`);
    expect([page.status, page.html.includes('has expired or was already used')]).toEqual([400, true]);
  });
});

test('xC3 a form that is sent five times at once gives one answer', async () => {
  const { request, page } = await ben.asked();
  const answers = await Promise.all(Array.from({ length: 5 }, () => ben.press(page, 'Authorize')));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 400, 400, 400, 400]);
  expect(site.answersTo(request)).toHaveLength(1);
});

describe('xC4 the page is shown again when it no longer says what would be given', () => {
  type World = Awaited<ReturnType<Ben['asked']>>;
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
    const world = await ben.asked();
    await change(world);
    const again = await ben.press(world.page, 'Authorize', ['shared_access']);
    expect(again.status).toBe(409);
    expect(again.html).toContain('What the app asks for changed while this page was open. Read it again.');
    expect(site.answersTo(world.request)).toEqual([]);
    await ben.press(again, 'Authorize');
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
    const { page, request } = await ben.asked({}, {}, { sharedAccess: false });
    const body = yesTo(page);
    body.append(field, value);
    const answer = await ben.post(request, body);
    expect([answer.status, site.answersTo(request)]).toEqual([400, []]);
    expect(await answer.text()).toContain(sentence);
  });
});

test('xC5 the page cannot be framed, kept or scripted, and its form leads to us and to the app only', async () => {
  const { page } = await ben.asked();
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
    const { page } = await ben.asked({}, { name, developer: { name, uri: null, verified: false } });
    expect(page.status).toBe(200);
    expect(page.html).not.toMatch(/<img src=x|<script|onerror=alert\(1\)>(?!&)/);
    expect(page.html).not.toContain(name.includes('<') ? name : '<b>');
  });

  test('a picture is fetched from an https address without a referrer, and the policy names its place', async () => {
    const { page } = await ben.asked({}, { logoUri: 'https://cdn.example/logo.png' });
    expect(page.html).toMatch(/<img src="https:\/\/cdn\.example\/logo\.png"[^>]*referrerpolicy="no-referrer"/);
    expect(page.headers.get('content-security-policy')).toMatch(/img-src [^;]*https:\/\/cdn\.example/);
  });

  test('who is not verified is said so beside the name, not in it', async () => {
    const { page } = await ben.asked({}, { name: 'Scheduler Pro ✓ Verified developer', developer: { name: 'Nobody', uri: null, verified: false } });
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
    const { page, request } = await ben.asked();
    const answer = await ben.post(request, `csrf=${encodeURIComponent(valueOf(page, 'csrf'))}&${text}`);
    expect([answer.status, site.answersTo(request)]).toEqual([status, []]);
  });

  test('JSON is not a form', async () => {
    const { request } = await ben.asked();
    const answer = await ben.post(request, '{"decision":"authorize"}', { 'content-type': 'application/json' });
    expect([answer.status, site.answersTo(request)]).toEqual([415, []]);
  });
});
