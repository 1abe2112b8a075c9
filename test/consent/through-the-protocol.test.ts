import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, SCOPE } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const WITH_CONTACTS = `${SCOPE} contacts:read`;
const approvals = () => `/tenants/${world.tenants.northwind}/approvals`;
const asks = (parameters: Record<string, string | undefined>) => begin(world, { parameters: { tenant: world.tenants.northwind, ...parameters } });

describe('L8 L12 through the protocol', () => {
  test('the member gets what needs no approval; the rest is asked for once, and is a question again once it is approved', async () => {
    const { ben } = world.people;
    const { browser, tokens } = await connect(world, ben, { parameters: { scope: WITH_CONTACTS } });
    expect(tokens.scope.split(' ')).not.toContain('contacts:read');
    const { items: reviews } = await world.manage.get(`/tenants/${world.tenants.northwind}/reviews`);
    expect(reviews).toMatchObject([{ permissions: { user: ['contacts:read'], tenant: [] }, requests: [{ user: ben.id }] }]);

    const attempt = asks({ scope: WITH_CONTACTS });
    const straightBack = await arrive(browser, attempt, ben);
    expect([straightBack.url.href.startsWith(attempt.app.redirectUri), straightBack.url.searchParams.has('code')]).toEqual([true, true]);

    await world.manage.post(approvals(), { app: world.apps.scheduler.id, permissions: { user: ['contacts:read'], tenant: [] } });
    expect((await introspect(world, tokens.access_token)).body.scope.split(' ')).not.toContain('contacts:read');
    const led = await arrive(browser, asks({ scope: WITH_CONTACTS }), ben);
    const answer = await browser.submit(led, { button: 'Authorize', tick: ['permission=contacts:read'] }, { stopAt: attempt.app.redirectUri });
    expect(answer.url.searchParams.has('code')).toBe(true);
    const { tokens: more } = await connect(world, ben, { browser, parameters: { scope: WITH_CONTACTS } });
    expect(more.scope.split(' ')).toContain('contacts:read');
  });

  test('Z10 xA2 withdrawn between page and code, no code is issued, and asking anew leads to the page that says so', async () => {
    const { dan } = world.people;
    const browser = createHttpBrowser();
    const attempt = asks({});
    const page = await arrive(browser, attempt, dan);
    await world.manage.post(approvals(), { app: world.apps.scheduler.id, status: 'withdrawn' });
    const again = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    expect([again.status, again.html.includes('has taken back its approval')]).toEqual([409, true]);
    const back = await browser.submit(again, { button: 'Return to the app' }, { stopAt: attempt.app.redirectUri });
    expect([back.url.searchParams.get('error'), back.url.searchParams.get('error_description')]).toEqual(['access_denied', expect.stringMatching(/^approval_required: /)]);
    await world.manage.post(approvals(), { app: world.apps.scheduler.id });
  });

  test('L4 a member outside the availability hears so, and gets no code', async () => {
    const { dan, ada } = world.people;
    await world.manage.post(approvals(), { app: world.apps.scheduler.id, availability: { kind: 'some', groups: [], members: [ada.id] } });
    const browser = createHttpBrowser();
    const attempt = asks({});
    const page = await arrive(browser, attempt, dan);
    expect(page.html).toContain('is not available to you in');
    const back = await browser.submit(page, { button: 'Return to the app' }, { stopAt: attempt.app.redirectUri });
    expect(back.url.searchParams.get('error_description')).toMatch(/^out_of_availability: /);
    await world.manage.post(approvals(), { app: world.apps.scheduler.id });
  });
});

describe('tenant identity through the protocol', () => {
  test('an owner approves and installs with one yes; the code is for a tenant token', async () => {
    const { ada } = world.people;
    const attempt = asks({ identity: 'tenant', nonce: undefined, scope: 'meetings.all:read rooms:read' });
    const answer = await authorize(attempt, ada, { button: 'Approve and install', tick: ['tenant_permission=rooms:read'] });
    const { status, body } = await exchange(world, attempt, answer.get('code'));
    expect([status, body.scope.split(' ').toSorted()]).toEqual([200, ['meetings.all:read', 'rooms:read']]);
    expect((await introspect(world, body.access_token)).body).toMatchObject({ active: true, identity: 'tenant', tenant: world.tenants.northwind, sub: expect.stringMatching(/^ins_/) });
  });

  test('identity=user tenant: one page, both tokens', async () => {
    const { ada } = world.people;
    const attempt = asks({ identity: 'user tenant', scope: `${SCOPE} meetings.all:read` });
    const answer = await authorize(attempt, ada, { button: /uthorize$/ });
    const { body } = await exchange(world, attempt, answer.get('code'));
    const [user, tenant] = await Promise.all([introspect(world, body.access_token), introspect(world, body.tenant_access_token)]);
    expect([user.body, tenant.body]).toMatchObject([{ active: true, sub: ada.id }, { active: true, sub: expect.stringMatching(/^ins_/) }]);
  });

  test('xA4 a member without apps.manage gets neither code nor installation', async () => {
    const attempt = asks({ identity: 'tenant', nonce: undefined, scope: 'meetings.all:read' });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, world.people.dan);
    expect(page.html).toContain('asks to act for');
    const back = await browser.submit(page, { button: 'Return to the app' }, { stopAt: attempt.app.redirectUri });
    expect(back.url.searchParams.get('error_description')).toMatch(/^not_installed: /);
  });
});

test('a request that is started over asks for each resource server that it asked for', async () => {
  const { chloe } = world.people;
  const attempt = asks({ prompt: 'consent' });
  const { meetings, archive } = world.resourceServers;
  for (const { audience } of [meetings, archive]) attempt.url.searchParams.append('resource', audience);
  const browser = createHttpBrowser();
  const page = await arrive(browser, attempt, chloe);
  const started = await browser.submit(page, { button: 'Not you? Use another account' }, { stopAt: attempt.app.redirectUri });
  const again = await browser.submit(started, { button: 'Sign in', fill: { email: chloe.email, password: chloe.password } });
  const back = await browser.submit(again, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
  const { body } = await exchange(world, attempt, back.url.searchParams.get('code'), { resource: archive.audience });
  expect((await introspect(world, body.access_token, { as: archive })).body).toMatchObject({ active: true, aud: archive.audience });
});
