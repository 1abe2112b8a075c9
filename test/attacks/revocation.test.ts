import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser, type HttpPage } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, exchange, introspect, post, refresh, revoke, type Attempt } from '#test/support/oauth-flow.ts';
import { until } from '#test/support/redis.ts';
import { approve, forgetApp, shut } from '#test/support/tenant-tokens.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let [first, second] = ['', ''];

/** The Meetings API chose JWTs: with `resource` the app gets one, without it an opaque token. */
beforeAll(async () => {
  world = await startTwoServers({ settings: { ASSENT_LOG_LEVEL: 'info' } });
  [first = '', second = ''] = world.servers;
  await world.manage.change(`/resource-servers/${world.resourceServers.meetings.id}`, { tokenFormat: 'jwt' });
}, 60_000);
afterAll(() => world.stop());

const dan = () => world.people.dan;
const scheduler = () => world.apps.scheduler;
const tenant = () => `/tenants/${world.tenants.northwind}`;
const member = () => `${tenant()}/members/${dan().id}`;

interface Had {
  readonly grant: string;
  readonly opaque: string;
  readonly jwt: string;
  readonly refreshToken: string;
  readonly code: string;
  readonly attempt: Attempt;
  readonly requestUri: string;
  readonly browser: HttpBrowser;
  readonly consentPage: HttpPage;
}

/** Everything at once that can come of one grant: some of it made at one server, some at the other. */
async function connectFully(): Promise<Had> {
  const browser = createHttpBrowser();
  const parameters = { tenant: world.tenants.northwind };
  const tokens = async (more: Record<string, string>, at: string) => {
    const attempt = begin(world, { parameters: { ...parameters, ...more } });
    return (await exchange(world, attempt, (await authorize(attempt, dan(), { browser })).get('code'), { at })).body;
  };
  const opaque = await tokens({}, first);
  const jwt = await tokens({ resource: world.resourceServers.meetings.audience }, second);
  const attempt = begin(world, { parameters });
  const code = (await authorize(attempt, dan(), { browser })).get('code') ?? '';
  const pushed = begin(world, { parameters });
  const { body } = await post(world, '/oauth/par', scheduler(), Object.fromEntries(pushed.url.searchParams), { at: second });
  const consentPage = await arrive(browser, begin(world, { parameters: { ...parameters, prompt: 'consent' } }), dan());
  return { grant: opaque.grant_id, opaque: opaque.access_token, jwt: jwt.access_token, refreshToken: opaque.refresh_token, code, attempt, requestUri: body.request_uri, browser, consentPage };
}

interface Way {
  readonly does: (had: Had) => Promise<unknown>;
  readonly undo?: () => Promise<unknown>;
  /** Reads that every token needs are at most a second old at another server. */
  readonly withinASecond?: true;
}

const status = (path: string, value: string) => world.manage.put(path, { status: value });
const byId = async ({ grant }: Had): Promise<void> => {
  const { body } = await post(world, '/oauth/token', scheduler(), { grant_type: 'client_credentials', scope: 'grant_management_revoke' });
  const answer = await fetch(`${first}/oauth/grants/${grant}`, { method: 'DELETE', headers: { authorization: `Bearer ${body.access_token}` } });
  expect(answer.status).toBe(204);
};
const onAccountPage = async ({ browser }: Had): Promise<void> => {
  const page = await browser.open(`${first}/account/apps/${world.tenants.northwind}/${scheduler().id}/remove`);
  expect((await browser.submit(page, { button: 'Remove app' })).status).toBe(200);
};

const WAYS: Readonly<Record<string, Way>> = {
  'the member removes the app on their account page': { does: onAccountPage },
  'the grant is revoked through the management API': { does: ({ grant }) => world.manage.remove(`${tenant()}/grants/${grant}`) },
  'the app revokes its refresh token (RFC 7009, P10)': { does: ({ refreshToken }) => revoke(world, scheduler(), refreshToken, { at: first }) },
  'the app ends the grant (Grant Management)': { does: byId },
  'the member is deactivated': { does: () => world.manage.change(member(), { status: 'inactive' }), undo: () => world.manage.change(member(), { status: 'active' }) },
  'the member is removed': { does: () => world.manage.remove(member()), undo: () => world.manage.post(`${tenant()}/members`, { user: dan().id, role: 'member' }) },
  'the approval is withdrawn': { does: () => shut(world, 'withdrawn') },
  'the app is blocked': { does: () => shut(world, 'blocked') },
  'the tenant removes the app with everything': { does: () => world.manage.remove(`${tenant()}/installations/${scheduler().id}?everything=true`) },
  'the app is taken out of all tenants': {
    async does() {
      const { id } = await world.manage.post(`/apps/${scheduler().id}/revocations`, { tenants: 'all' });
      await until('it is done', async () => (await world.manage.get(`/apps/${scheduler().id}/revocations/${id}`)).status === 'done');
    },
  },
  'the app is disabled': { does: () => status(`/apps/${scheduler().id}/status`, 'disabled'), undo: () => status(`/apps/${scheduler().id}/status`, 'active'), withinASecond: true },
  'the person is disabled': { does: () => status(`/users/${dan().id}/status`, 'disabled'), undo: () => status(`/users/${dan().id}/status`, 'active'), withinASecond: true },
  'the tenant is suspended': { does: () => status(`${tenant()}/status`, 'suspended'), undo: () => status(`${tenant()}/status`, 'active'), withinASecond: true },
};

describe('xC7 xP9 I2 I3 at both servers nothing lives on', () => {
  test.each(Object.entries(WAYS))('when %s', async (_, { does, undo, withinASecond }) => {
    await forgetApp(world);
    await approve(world, { permissions: { user: ['meetings:read'] } });
    const had = await connectFully();
    const active = async (token: string, at: string): Promise<boolean> => (await introspect(world, token, { at })).body.active === true;
    const each = () => Promise.all([first, second].flatMap((at) => [active(had.opaque, at), active(had.jwt, at)]));
    expect(await each()).toEqual([true, true, true, true]);

    await does(had);
    if (withinASecond) {
      await until('it is known everywhere, within a second', async () => !(await each()).includes(true), 1000);
    }
    for (const at of [second, first]) {
      expect(await active(had.opaque, at)).toBe(false);
      expect(await active(had.jwt, at)).toBe(false);
      expect(['invalid_grant', 'invalid_client']).toContain((await refresh(world, scheduler(), had.refreshToken, { at })).body.error);
      expect(['invalid_grant', 'invalid_client']).toContain((await exchange(world, had.attempt, had.code, { at })).body.error);
    }
    // What was open in the browser leads to no code without another yes.
    const stopAt = scheduler().redirectUri;
    const answered = await had.browser.submit(had.consentPage, { button: 'Authorize' }, { stopAt });
    expect(answered.url.searchParams.get('code')).toBeNull();
    const pushed = `${world.issuer}/oauth/authorize?${new URLSearchParams({ client_id: scheduler().id, request_uri: had.requestUri })}`;
    expect((await had.browser.open(pushed, { stopAt })).url.searchParams.get('code')).toBeNull();
    await undo?.();
    // These rest: switched on again, they are what they were.
    if (withinASecond) await until('it is known everywhere, within a second', async () => !(await each()).includes(false), 2000);
  });
});

describe('xS4 Z3 a delegation that ended', () => {
  test('takes the shared access of live tokens along, at both servers, and nothing else', async () => {
    await forgetApp(world);
    const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
    const { body } = await exchange(world, attempt, (await authorize(attempt, world.people.ben, { tick: ['shared_access'] })).get('code'));
    const reaches = async (at: string) => (await introspect(world, body.access_token, { at })).body;
    for (const at of [first, second]) expect((await reaches(at)).shared_access_from).toEqual([{ user: world.people.ada.id, permissions: ['meetings:read'] }]);
    await world.manage.remove(`${tenant()}/delegations/${world.delegation}`);
    for (const at of [second, first]) expect(await reaches(at)).toMatchObject({ active: true, shared_access_from: [] });
  });
});

test('nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
