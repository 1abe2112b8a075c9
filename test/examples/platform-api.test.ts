import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { begin, authorize, connect, exchange } from '#test/support/oauth-flow.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import { approve, install, tenantToken, YES } from '#test/support/tenant-tokens.ts';
import type { Person } from '#test/support/world.ts';
import { makeSites, READS_AND_WRITES, siteVersion } from '#test/support/sites.ts';

let stage: Stage;
let northwind: string;
let people: Stage['world']['people'];
/** Ben's token, without and with shared access, and one for the lists of Sales. */
let plain: string;
let sharing: string;

const call = async (path: string, { method = 'GET', token = plain, json }: { method?: string; token?: string | null; json?: string } = {}) => {
  const headers: Record<string, string> = { ...(token !== null && { authorization: `Bearer ${token}` }), ...(json !== undefined && { 'content-type': 'application/json' }) };
  const response = await fetch(stage.platform + path, { method, headers, ...(json !== undefined && { body: json }) });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: (await response.json()) as any };
};
const tokenOf = async (person: Person, scope: string, more: object = {}) => (await connect(stage.world, person, { parameters: { scope: `openid ${scope}`, prompt: 'consent' }, ...more })).tokens.access_token;

beforeAll(async () => {
  stage = await startStage();
  ({ people } = stage.world);
  ({ northwind } = stage.world.tenants);
  await makeSites(stage.world);
  await publishVersion(stage.world.manage, stage.world.apps.scheduler.id, siteVersion(stage.app));
  await approve(stage.world, { permissions: { user: ['contacts:read'], tenant: ['meetings.all:read', 'directory:read', 'app_only:web:read'] } });
  plain = await tokenOf(people.ben, 'meetings:read calendar:read contacts:read', { tick: ['permission=calendar:read', 'permission=contacts:read'] });
});
afterAll(() => stage.stop());

describe('the sample platform API', () => {
  test('Z8 gives a member their own data, by /me, by id and by e-mail address', async () => {
    for (const path of ['/me/meetings', `/users/${people.ben.id}/meetings`, '/users/Ben@northwind.example/meetings']) {
      const { status, body } = await call(path);
      expect([status, body.owner, body.meetings[0].title]).toEqual([200, people.ben.id, 'Team stand-up']);
    }
    expect((await call(`/users/${people.ben.id}`)).body).toMatchObject({ name: 'Ben Okafor' });
    const [{ date, busy }] = (await call(`/users/${people.ben.id}/calendar`)).body.days;
    expect(busy).toEqual([{ from: `${date}T10:00:00.000Z`, to: `${date}T10:15:00.000Z` }]);
  });

  test('Z9 names the missing scope; what is wrong with a request is said only to who may make it', async () => {
    const { status, challenge, body } = await call('/me/meetings', { method: 'POST', json: '{}' });
    expect([status, body.code, challenge]).toEqual([403, 'insufficient_scope', 'Bearer realm="Meetings API", error="insufficient_scope", scope="meetings:write"']);
    expect(await call('/me/meetings', { token: null })).toMatchObject({ status: 401, challenge: 'Bearer realm="Meetings API"' });
  });

  test('adds a meeting of the member, and says what is wrong with a bad one', async () => {
    const token = await tokenOf(people.dan, 'meetings:read meetings:write', { tick: ['permission=meetings:write'] });
    const json = JSON.stringify({ title: 'Lunch', startsAt: '2030-01-05T12:00:00+01:00', minutes: 30 });
    const added = await call('/me/meetings', { method: 'POST', json, token });
    expect([added.status, added.body.meeting]).toEqual([201, expect.objectContaining({ startsAt: '2030-01-05T11:00:00.000Z' })]);
    expect((await call('/me/meetings', { token })).body.meetings.map(({ title }: any) => title)).toContain('Lunch');
    for (const bad of ['{"title":""}', '{', '[]']) {
      const { status, body } = await call('/me/meetings', { method: 'POST', json: bad, token });
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    }
  });

  test('Z2 Z3 opens a delegator’s meetings with shared access alone, and names whose they are', async () => {
    for (const path of [`/users/${people.ada.id}/meetings`, '/users/nobody/meetings', '/me/shared']) {
      const { status, body } = await call(path);
      expect([status, body]).toEqual([403, { code: 'shared_access_not_permitted', message: 'The user has not permitted this app to use shared access' }]);
    }
    sharing = await tokenOf(people.ben, 'meetings:read calendar:read contacts:read', { tick: ['shared_access'] });
    expect((await call(`/users/${people.ada.id}/meetings`, { token: sharing })).body.meetings[0].title).toBe('Board preparation');
    expect((await call('/me/shared', { token: sharing })).body).toEqual({ from: [{ user: people.ada.id, name: 'Ada Lovelace' }] });
    const refusals = await Promise.all([`/users/${people.ada.id}/calendar`, `/users/${people.ada.id}`, `/users/${people.chloe.id}/meetings`, '/users/nobody/meetings'].map((path) => call(path, { token: sharing })));
    expect(refusals.map(({ status, body }) => [status, body.code])).toEqual(refusals.map(() => [403, 'forbidden']));
    expect(new Set(refusals.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  test('L6 gives a tenant token everybody’s meetings, as far as the data range goes', async () => {
    await install(stage.world, people.ada, { dataRange: { members: [people.ben.id] } });
    const { body } = await tenantToken(stage.world);
    const everybody = await call('/meetings', { token: body.access_token });
    expect(everybody.body.people.map(({ name }: any) => name)).toEqual(['Ben Okafor']);
    expect(everybody.body.people[0].meetings[0].title).toBe('Team stand-up');
    for (const [method, path] of [['GET', '/me/meetings'], ['GET', '/me/shared'], ['POST', `/users/${people.ben.id}/meetings`], ['GET', `/users/${people.ben.id}/calendar`]] as const) {
      expect([path, (await call(path, { method, token: body.access_token })).body.code]).toEqual([path, 'user_token_required']);
    }
    expect((await call('/meetings')).body.code).toBe('tenant_token_required');
  });

  test('R3 lets a method of a meeting through by the role of the person in it, and no other', async () => {
    const { id } = await stage.world.manage.post(`/tenants/${northwind}/contexts`, {
      kind: 'meeting', title: 'Planning', members: [{ user: people.ada.id, role: 'owner' }, { user: people.ben.id, role: 'participant' }],
    });
    const adas = await tokenOf(people.ada, 'meetings:read');
    const done = (method: string, token: string, context = id) => call(`/contexts/${context}/${method}`, { method: 'POST', token });
    expect(await done('meeting.list_participants', adas)).toMatchObject({ status: 200, body: { context: id, done: 'meeting.list_participants' } });
    expect(await done('meeting.list_participants', plain)).toMatchObject({ status: 403, body: { code: 'role_not_permitted' } });
    expect((await done('meeting.raise_hand', plain)).status).toBe(200);
    expect(await done('meeting.end', adas)).toMatchObject({ status: 403, challenge: expect.stringContaining('scope="meetings:write"'), body: { code: 'insufficient_scope' } });
    for (const [method, context] of [['meeting.fly', id], ['meeting.raise_hand', 'ctx_none']] as const) expect((await done(method, adas, context)).body.code).toBe('role_not_permitted');
  });

  test('answers JSON for an address that is not there', async () => {
    expect(await call('/nowhere')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

describe('S5 lists of a site', () => {
  const titles = ({ body }: { body: any }) => body.lists?.map(({ title }: any) => title).toSorted();
  const write = (list: string, token: string) => call(`/lists/${list}/entries`, { method: 'POST', token, json: '{"title":"Ring the bell"}' });

  test('S2 S3 by user+app: the person’s right and the app’s, each on the node that was picked and below it', async () => {
    const attempt = begin(stage.world, { parameters: { tenant: northwind, scope: 'openid meetings:read', authorization_details: JSON.stringify(READS_AND_WRITES) } });
    const answer = await authorize(attempt, people.ben, { tick: ['node_user_0=sales-tasks', 'node_user_1=sales'] });
    const token = (await exchange(stage.world, attempt, answer.get('code'))).body.access_token;
    expect(titles(await call('/sites/sales/lists', { token }))).toEqual(['Follow-ups', 'Offers', 'Sales tasks']);
    const added = await write('sales-tasks', token);
    expect([added.status, added.body.entries.at(-1)]).toEqual([201, 'Ring the bell']);
    for (const list of ['sales-follow-ups', 'office-tasks', 'nowhere']) expect([list, (await write(list, token)).status]).toEqual([list, 403]);
    const lacking = await write('sales-follow-ups', token);
    expect([lacking.body.code, lacking.challenge]).toEqual(['insufficient_scope', 'Bearer realm="Meetings API", error="insufficient_scope"']);
    expect(lacking.body.missing).toMatchObject({ resource: { type: 'list', id: 'sales-follow-ups' }, right: 'write', who: 'member' });
    // Ben may read the office, and the app not; the app may read Sales, and Erin is nobody there.
    expect((await call('/sites/office/lists', { token })).body.code).toBe('insufficient_scope');
    expect((await call('/sites/office/lists')).body.code).toBe('insufficient_scope');
  });

  test('S6 by app-only: what the app was given for itself, whoever may do what', async () => {
    const attempt = begin(stage.world, { parameters: { tenant: northwind, identity: 'tenant', scope: 'meetings.all:read', nonce: undefined, authorization_details: JSON.stringify([READS_AND_WRITES[1]]) } });
    const answer = await authorize(attempt, people.ada, { button: YES, tick: ['node_tenant_0=office'] });
    const token = (await exchange(stage.world, attempt, answer.get('code'))).body.access_token;
    expect(titles(await call('/sites/office/lists', { token }))).toEqual(['Handbook', 'Repairs']);
    expect((await call('/sites/sales/lists', { token })).body.code).toBe('out_of_data_range');
    expect((await write('office-tasks', token)).body.code).toBe('insufficient_scope');
  });

  test('by user-only: the platform’s own page shows a person what they may read, no app being in the call', async () => {
    const browser = createHttpBrowser();
    const shown = async (person: Person) => {
      const page = await browser.submit(await browser.open(stage.platform), { button: 'Show sites', fill: { person: `${northwind} ${person.id}` } });
      return ['Sales tasks', 'Repairs'].filter((title) => page.html.includes(title));
    };
    expect(await shown(people.ben)).toEqual(['Sales tasks', 'Repairs']);
    expect(await shown(people.dan)).toEqual(['Sales tasks']);
    expect(await shown(people.chloe)).toEqual([]);
    expect((await fetch(`${stage.platform}/session`, { method: 'POST', headers: { origin: 'https://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' }, body: 'person=x' })).status).toBe(400);
  });
});
