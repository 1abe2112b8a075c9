import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { createManagement, type Management } from '#test/support/management.ts';
import { arrive, begin, connect, exchange, introspect, post, refresh, SCOPE, type Attempt } from '#test/support/oauth-flow.ts';
import { publishVersion, registerApp } from '#test/support/register-app.ts';
import { approve, EVERYBODYS, forgetApp, install, shut, tenantToken, YES } from '#test/support/tenant-tokens.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';
import type { Person, TestApp } from '#test/support/world.ts';

let world: TwoServers;
let first: string;
let second: string;
/** The management API of each server. */
let at: readonly [Management, Management];
let minutes: TestApp;

beforeAll(async () => {
  world = await startTwoServers();
  [first = '', second = ''] = world.servers;
  at = [world.manage, await createManagement(second, world.assent.firstOperator)];
  minutes = await registerApp(
    world.manage,
    { name: 'Minute Taker', developer: { name: 'Kitchen Table Software', verified: false }, authMethod: 'client_secret_basic' },
    {
      redirectUris: ['https://minutes.example/callback'],
      permissions: { user: { required: ['meetings:read', 'contacts:read'] }, tenant: { required: ['recordings:read'] } },
    },
  );
}, 60_000);
beforeEach(() => forgetApp(world));
afterAll(async () => {
  const trouble = aftermath(world);
  await world.stop();
  expect(trouble).toEqual([]);
});

const northwind = () => world.tenants.northwind;
const place = (kind: string, app = world.apps.scheduler) => `/tenants/${northwind()}/${kind}/${app.id}`;
const isLive = async (token: string, server: string): Promise<boolean> => (await introspect(world, token, { at: server })).body.active === true;
const noWhere = async (token: string): Promise<void> => {
  for (const server of [first, second]) expect(await isLive(token, server)).toBe(false);
};

/** How many milliseconds until it is so. */
async function msUntil(happened: () => Promise<boolean>, most = 2000): Promise<number> {
  const start = performance.now();
  while (!(await happened())) if (performance.now() - start > most) throw new Error(`not within ${most} ms`);
  return performance.now() - start;
}

/** An authorization request as somebody answers it, a step at a time. Ends early where a page offers no yes. */
async function stepwise(attempt: Attempt, person: Person, before: Record<'page' | 'yes' | 'resume' | 'exchange', () => Promise<unknown>>) {
  const browser = createHttpBrowser();
  const stopAt = attempt.app.redirectUri;
  await before.page();
  const page = await arrive(browser, attempt, person);
  const button = page.forms.flatMap(({ buttons }) => buttons).find(({ text }) => YES.test(text))?.text;
  if (button === undefined) return undefined;
  await before.yes();
  const answered = await browser.submit(page, { button }, { stopAt: `${world.issuer}/oauth/authorize/` });
  await before.resume();
  const back = answered.url.pathname.startsWith('/oauth/authorize/') ? await browser.open(answered.url, { stopAt }) : answered;
  const code = back.url.href.startsWith(stopAt) ? back.url.searchParams.get('code') : null;
  if (code === null) return undefined;
  await before.exchange();
  const { status, body } = await exchange(world, attempt, code, { at: second });
  return status === 200 ? body : undefined;
}

const nothing = async () => {};
const NO_STEPS = { page: nothing, yes: nothing, resume: nothing, exchange: nothing };
const requests = {
  user: () => begin(world, { parameters: { tenant: northwind() } }),
  tenant: () => begin(world, { parameters: { tenant: northwind(), identity: 'tenant', scope: EVERYBODYS, nonce: undefined } }),
  'user tenant': () => begin(world, { parameters: { tenant: northwind(), identity: 'user tenant', scope: `${SCOPE} ${EVERYBODYS}` } }),
} as const;

describe('xA1 an app that was not approved gets a token by no grant type', () => {
  test('a code: the page offers no yes, and the app no code', async () => {
    for (const parameters of [{ scope: 'openid meetings:read contacts:read' }, { identity: 'tenant', scope: 'recordings:read', nonce: undefined }]) {
      const attempt = begin(world, { app: minutes, parameters: { tenant: northwind(), ...parameters } });
      const browser = createHttpBrowser();
      const page = await arrive(browser, attempt, world.people.dan);
      expect(page.forms.flatMap(({ buttons }) => buttons.map(({ text }) => text)).filter((text) => YES.test(text))).toEqual([]);
      const back = await browser.submit(page, { button: 'Return to the app' }, { stopAt: minutes.redirectUri });
      expect([back.url.searchParams.get('error'), back.url.searchParams.get('code')]).toEqual(['access_denied', null]);
    }
  });

  test('a yes that is forged into the page of one that needs approval gives nothing', async () => {
    const attempt = begin(world, { app: minutes, parameters: { tenant: northwind(), scope: 'openid meetings:read contacts:read' } });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, world.people.dan);
    const forged = { ...page, forms: page.forms.map((form) => ({ ...form, buttons: form.buttons.map((button) => ({ ...button, value: 'authorize' })) })) };
    const answer = await browser.submit(forged, { button: 'Ask for approval' }, { stopAt: minutes.redirectUri });
    expect([answer.status, answer.url.searchParams.get('code')]).toEqual([409, null]);
    expect((await world.manage.get(`/tenants/${northwind()}/grants?app=${minutes.id}`)).items).toEqual([]);
  });

  test('client_credentials, with and without a scope, at both servers', async () => {
    for (const server of [first, second]) {
      for (const scope of [undefined, 'recordings:read', 'contacts:read']) {
        const { status, body } = await tenantToken(world, { app: minutes, at: server, ...(scope && { scope }) });
        expect([status, body.error, body.access_token]).toEqual([400, 'unauthorized_client', undefined]);
        expect(body.error_description).toMatch(/^not_installed: /);
      }
    }
  });

  test.each(['withdrawn', 'blocked'] as const)('a code, a refresh token and client_credentials from before it was %s', async (status) => {
    await install(world, world.people.ada);
    const { tokens, attempt: earlier } = await connect(world, world.people.dan);
    const codes = await Promise.all([codeFor(begin(world, { parameters: { tenant: northwind() } }), world.people.dan), codeFor(requests.tenant(), world.people.ada)]);
    await shut(world, status);
    const answers = [
      ...(await Promise.all(codes.map(({ attempt, code }) => exchange(world, attempt, code, { at: second })))),
      await refresh(world, earlier.app, tokens.refresh_token, { at: second }),
      await tenantToken(world, { at: second }),
    ];
    for (const answer of answers) expect([answer.status, answer.body.access_token]).toEqual([400, undefined]);
    expect(answers.at(-1)?.body.error_description).toMatch(status === 'blocked' ? /^approval_blocked: / : /^approval_required: /);
    await noWhere(tokens.access_token);
  });
});

async function codeFor(attempt: Attempt, person: Person): Promise<{ attempt: Attempt; code: string | null }> {
  const browser = createHttpBrowser();
  let page = await arrive(browser, attempt, person);
  const button = page.forms.flatMap(({ buttons }) => buttons).find(({ text }) => YES.test(text))?.text;
  if (page.status === 200 && button !== undefined) page = await browser.submit(page, { button }, { stopAt: attempt.app.redirectUri });
  return { attempt, code: page.url.searchParams.get('code') };
}

describe('xA2 an approval that is withdrawn in the middle of a flow', () => {
  const steps = ['page', 'yes', 'resume', 'exchange'] as const;
  const rows = (Object.keys(requests) as (keyof typeof requests)[]).flatMap((identity) => steps.map((step) => [identity, step] as const));

  test.each(Object.keys(requests) as (keyof typeof requests)[])('I2 identity=%s, withdrawn and given again before the exchange: the code stays dead', async (identity) => {
    const exchangeAgain = async () => {
      await shut(world, 'withdrawn');
      await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    };
    expect(await stepwise(requests[identity](), world.people.ada, { ...NO_STEPS, exchange: exchangeAgain })).toBeUndefined();
  });

  test.each(rows)('identity=%s, before the %s: leaves no token', async (identity, step) => {
    const tokens = await stepwise(requests[identity](), world.people.ada, { ...NO_STEPS, [step]: () => shut(world, 'withdrawn') });
    expect(tokens).toBeUndefined();
    expect((await tenantToken(world, { at: second })).status).toBe(400);
  });

  // Before the page nothing was said yet: what is asked after that is asked under the new approval.
  test.each(rows.filter(([, step]) => step !== 'page'))('xA7 identity=%s, removed and approved again before the %s: leaves no token that the earlier yes gave', async (identity, step) => {
    const removed = async () => {
      await forgetApp(world);
      await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    };
    const tokens = await stepwise(requests[identity](), world.people.ada, { ...NO_STEPS, [step]: removed });
    expect(tokens).toBeUndefined();
    expect((await tenantToken(world, { at: second })).body.error_description).toMatch(/^not_installed: /);
  });

  test('I2 ends what was there: user token, its refresh token, tenant token; approved again, none of them comes back', async () => {
    const both = await stepwise(requests['user tenant'](), world.people.ada, NO_STEPS);
    const all = [both.access_token, both.tenant_access_token];
    await shut(world, 'withdrawn');
    for (const token of all) await noWhere(token);
    await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    for (const token of all) await noWhere(token);
    expect((await refresh(world, world.apps.scheduler, both.refresh_token)).body.error).toBe('invalid_grant');
    // What was said yes to was not taken back: the installation and the grant give new tokens, and nobody is asked.
    const own = await tenantToken(world);
    const silent = await codeFor(begin(world, { parameters: { tenant: northwind() } }), world.people.ada);
    const { body } = await exchange(world, silent.attempt, silent.code);
    for (const token of [own.body.access_token, body.access_token]) expect(await isLive(token, second)).toBe(true);
    await forgetApp(world);
    await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    for (const token of [...all, own.body.access_token, body.access_token]) await noWhere(token);
    expect((await tenantToken(world)).body.error_description).toMatch(/^not_installed: /);
  });
});

describe('xA3 permissions that a new version adds', () => {
  test('are asked of the tenant anew: who holds the app keeps what they have, who is new waits for the approval', async () => {
    const app = await registerApp(
      world.manage,
      { name: 'Growing', authMethod: 'client_secret_basic' },
      { redirectUris: ['https://growing.example/callback'], permissions: { user: { required: ['meetings:read'] } } },
    );
    const scope = 'openid offline_access meetings:read';
    const { tokens } = await connect(world, world.people.dan, { app, parameters: { scope } });
    await publishVersion(world.manage, app.id, { redirectUris: [app.redirectUri], permissions: { user: { required: ['meetings:read', 'contacts:read'] } } });
    await msUntil(async () => (await codeFor(begin(world, { app, parameters: { tenant: northwind(), scope: `${scope} contacts:read` } }), world.people.chloe)).code === null);

    for (const server of [first, second]) expect((await introspect(world, tokens.access_token, { at: server })).body).toMatchObject({ active: true, scope: expect.not.stringContaining('contacts:read') });
    const renewed = await refresh(world, app, tokens.refresh_token, { at: second });
    expect(renewed.body.scope).not.toContain('contacts:read');

    await approve(world, { app, permissions: { user: ['contacts:read'] } });
    // Approved is not granted: the person has to say yes themselves.
    expect((await introspect(world, renewed.body.access_token)).body.scope).not.toContain('contacts:read');
    expect((await connect(world, world.people.chloe, { app, parameters: { scope: `${scope} contacts:read` } })).tokens.scope).toContain('contacts:read');
  });
});

describe('xA6 decisions at once', () => {
  const ROUNDS = 6;

  test('approve, deny and block at two servers: one counts, all others are told, and both servers agree on it', async () => {
    const own = (await post(world, '/oauth/token', minutes, { grant_type: 'client_credentials' })).body.access_token;
    await connectOwn();
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await world.manage.post(`/tenants/${northwind()}/approvals`, { app: minutes.id, permissions: {} });
      const asked = await fetch(`${first}/api/v1/app/tenants/${northwind()}/requests`, {
        method: 'POST',
        headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
        body: '{}',
      });
      expect([asked.status, ((await asked.json()) as any).answer]).toEqual([200, 'requested']);
      const [review] = (await world.manage.get(`/tenants/${northwind()}/reviews`)).items;
      const decide = (server: Management, body: object) => server.ask('POST', `/tenants/${northwind()}/reviews/${review.id}/decision`, body);
      const answers = await Promise.all(
        [{ verdict: 'approve' }, { verdict: 'deny', reason: 'No.' }, { verdict: 'block', reason: 'Never.' }].flatMap((body) => at.map((server) => decide(server, body))),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      expect(answers.filter(({ status, body }) => status === 409 && body.code === 'review_decided')).toHaveLength(5);
      const status = won[0]?.body.status as string;
      seen.add(status);
      for (const server of at) {
        expect((await server.get(`/tenants/${northwind()}/reviews/${review.id}`)).status).toBe(status);
        const approval = await server.get(`/tenants/${northwind()}/approvals/${minutes.id}`);
        const holds = approval.status === 'approved' && approval.permissions.user.includes('contacts:read');
        expect({ status, holds, approval: approval.status === 'blocked' }).toEqual({ status, holds: status === 'approved', approval: status === 'blocked' });
      }
    }
    expect(seen.size).toBeGreaterThan(0);
  });

  /** The app is known to the tenant, or else it may not ask there. */
  const connectOwn = () => world.manage.post(`/tenants/${northwind()}/approvals`, { app: minutes.id, permissions: {} });
});

describe('xA7 removing an app is one complete action', () => {
  test('while tokens are minted at both servers as fast as they can be: from the answer on none works, and none comes back', async () => {
    await install(world, world.people.ada);
    const { tokens } = await connect(world, world.people.dan);
    const minted: string[] = [tokens.access_token];
    let removed = false;
    let renewal: string = tokens.refresh_token;
    const mintOwn = async (server: string) => {
      while (!removed) {
        const { body } = await tenantToken(world, { at: server });
        if (body.access_token) minted.push(body.access_token);
      }
    };
    const renew = async () => {
      while (!removed) {
        const { body } = await refresh(world, world.apps.scheduler, renewal, { at: second });
        if (body.access_token) minted.push(body.access_token);
        renewal = body.refresh_token ?? renewal;
      }
    };
    const busy = [mintOwn(first), mintOwn(second), renew()];
    await msUntil(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return minted.length > 12;
    }, 20_000);
    await at[1].remove(`${place('installations')}?everything=true`);
    removed = true;
    await Promise.all(busy);

    for (const token of minted) await noWhere(token);
    expect((await refresh(world, world.apps.scheduler, renewal)).body.error).toBe('invalid_grant');
    expect((await tenantToken(world)).body.access_token).toBeUndefined();
    expect((await world.manage.ask('GET', place('installations'))).status).toBe(404);

    await approve(world, { permissions: { tenant: [EVERYBODYS] } });
    for (const token of minted) await noWhere(token);
    expect((await tenantToken(world)).body.error_description).toMatch(/^not_installed: /);
  });
});

describe('what is taken back shows at once where it was done, and within a second everywhere', () => {
  const setStatus = (server: Management, status: 'active' | 'suspended') => server.ask('PUT', `${place('installations')}/status`, { status });
  const setApp = (server: Management, status: 'active' | 'disabled') => server.ask('PUT', `/apps/${world.apps.scheduler.id}/status`, { status });
  const setTenant = (server: Management, status: 'active' | 'suspended') => server.ask('PUT', `/tenants/${northwind()}/status`, { status });

  const rows = [
    ['withdrawing the approval', (server: Management) => server.ask('POST', `/tenants/${northwind()}/approvals`, { app: world.apps.scheduler.id, status: 'withdrawn' }), () => approve(world, { permissions: { tenant: [EVERYBODYS] } }), ['user', 'tenant']],
    ['blocking the app', (server: Management) => server.ask('POST', `/tenants/${northwind()}/approvals`, { app: world.apps.scheduler.id, status: 'blocked' }), () => forgetApp(world), ['user', 'tenant']],
    ['suspending the installation', (server: Management) => setStatus(server, 'suspended'), () => setStatus(at[0], 'active'), ['tenant']],
    ['uninstalling', (server: Management) => server.ask('DELETE', place('installations')), nothing, ['tenant']],
    ['removing everything', (server: Management) => server.ask('DELETE', `${place('installations')}?everything=true`), nothing, ['user', 'tenant']],
    ['switching the app off', (server: Management) => setApp(server, 'disabled'), () => setApp(at[0], 'active'), ['user', 'tenant']],
    ['suspending the tenant', (server: Management) => setTenant(server, 'suspended'), () => setTenant(at[0], 'active'), ['user', 'tenant']],
  ] as const;

  test.each(rows)('I3 Z10 %s', async (_, take, giveBack, dying) => {
    await install(world, world.people.ada);
    const { tokens } = await connect(world, world.people.dan);
    const held = { user: tokens.access_token, tenant: (await tenantToken(world)).body.access_token as string };
    // Both servers have just read all there is to know about it; what the row before gave back may take a second, too.
    for (const server of [first, second]) for (const token of Object.values(held)) await msUntil(() => isLive(token, server));

    const taken = await take(at[1]);
    const [here, there] = [second, first];
    expect(taken.status).toBeLessThan(300);
    for (const identity of dying) expect({ identity, live: await isLive(held[identity], here) }).toEqual({ identity, live: false });
    const since = performance.now();
    for (const identity of dying) await msUntil(async () => !(await isLive(held[identity], there)));
    expect(performance.now() - since).toBeLessThan(1000);
    // Dead is dead, not now and then.
    for (let tries = 0; tries < 5; tries += 1) for (const identity of dying) await noWhere(held[identity]);
    if (!dying.includes('user' as never)) expect(await isLive(held.user, first)).toBe(true);
    await giveBack();
  });
});
