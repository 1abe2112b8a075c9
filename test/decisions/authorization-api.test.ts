import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { testContextKinds } from '#test/support/context-kinds.ts';
import { connect } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { ask, data, searchAll, token, user } from './access.ts';

/** The OpenID AuthZEN Authorization API 1.0, as it is on the wire. */

let world: World;
let tenant: string;
let ben: string;
let question: { subject: object; action: object; resource: object; context: object };
beforeAll(async () => {
  world = await startWorld();
  tenant = world.tenants.northwind;
  ben = world.people.ben.id;
  question = { subject: user(ben), action: { name: 'meetings:read' }, resource: data(ben), context: { tenant } };
});
afterAll(() => world.stop());

const YES = { decision: true, context: { policy: 'user-only' } };
const METHODS = testContextKinds.find('meeting')!.methods.map(({ name }) => name);
const without = (name: string) => Object.fromEntries(Object.entries(question).filter(([each]) => each !== name));

describe('the metadata', () => {
  test('names every endpoint, at the issuer, to anybody', async () => {
    const response = await fetch(`${world.issuer}/.well-known/authzen-configuration`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(await response.json()).toEqual({
      policy_decision_point: world.issuer,
      access_evaluation_endpoint: `${world.issuer}/access/v1/evaluation`,
      access_evaluations_endpoint: `${world.issuer}/access/v1/evaluations`,
      search_subject_endpoint: `${world.issuer}/access/v1/search/subject`,
      search_resource_endpoint: `${world.issuer}/access/v1/search/resource`,
      search_action_endpoint: `${world.issuer}/access/v1/search/action`,
    });
  });
});

describe('a request', () => {
  test('carries its own id, and the answer carries it back, also when it is refused', async () => {
    for (const as of [world.resourceServers.meetings, { id: 'rs_nobody', secret: 'x' }]) {
      const { headers } = await ask(world, 'evaluation', question, { as, headers: { 'x-request-id': 'bfe9eb29 (mine)' } });
      expect(headers.get('x-request-id')).toBe('bfe9eb29 (mine)');
    }
    expect((await ask(world, 'evaluation', question)).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('comes from a registered resource server with its secret, and from nobody else', async () => {
    const { meetings } = world.resourceServers;
    for (const as of [{ ...meetings, secret: 'wrong' }, { ...world.apps.scheduler }, { id: '', secret: '' }, { id: 'rs_nobody', secret: meetings.secret }]) {
      const { status, headers, body } = await ask(world, 'evaluation', question, { as });
      expect([status, headers.get('www-authenticate'), typeof body]).toEqual([401, 'Basic realm="Assent"', 'string']);
    }
    for (const authorization of ['', 'Bearer x', 'Basic', 'Basic !!', `Basic ${'A'.repeat(5000)}`]) expect((await ask(world, 'evaluation', question, { headers: { authorization } })).status).toBe(401);
    expect((await ask(world, 'evaluation', question, { as: world.resourceServers.archive })).body).toEqual(YES);
  });

  test('that is no question is a 400 with one text that says why; a denial is none', async () => {
    const broken = [
      ...['subject', 'action', 'resource'].map(without),
      { ...question, subject: { id: ben } },
      { ...question, subject: { type: 'user' } },
      { ...question, subject: 'ben' },
      { ...question, action: {} },
      { ...question, action: { name: 7 } },
      { ...question, resource: { type: 'user_data' } },
      { ...question, context: { tenant: 'ten_one' }, resource: { ...data(ben), properties: { tenant: 'ten_two' } } },
      [],
      'no json',
      '',
      '{"subject":{"type":"user","type":"app"}}',
      '{"__proto__":{}}',
    ];
    for (const body of broken) {
      const answer = await ask(world, 'evaluation', body);
      expect([answer.status, typeof answer.body]).toEqual([400, 'string']);
    }
    expect((await ask(world, 'evaluation', without('subject'))).body).toBe('subject: An object with type and id.');
    expect((await ask(world, 'evaluation', question, { headers: { 'content-type': 'text/plain' } })).status).toBe(400);
    expect(await ask(world, 'evaluation', { ...question, resource: data(world.people.dan.id) })).toMatchObject({ status: 200, body: { decision: false } });
    expect((await fetch(`${world.issuer}/access/v1/evaluation`)).status).toBe(405);
  });

  test('xT5 xP15 with ids of any form is answered, and opens nothing', async () => {
    const forms = ['\u0000', '\ud800', '{s1}:*', '../..', '["a","b"]', '__proto__', 'x'.repeat(1000), `${ben}\u0000`, ' '];
    const types = (id: string) => ['user_data', 'context', 'web', 'tenancy', 'todo'].map((type) => ({ type, id }));
    for (const form of forms) {
      const subjects = ['user', 'guest', 'app', 'access_token', form.slice(0, 200)].map((type) => ({ type, id: form }));
      const asked = [
        ...subjects.map((subject) => ({ ...question, subject })),
        ...types(form).map((resource) => ({ ...question, resource })),
        ...types('x').map((resource) => ({ ...question, resource, context: { tenant: form, app: form, context: form } })),
        { ...question, action: { name: form.slice(0, 200) } },
      ];
      const { status, body } = await ask(world, 'evaluations', { evaluations: asked });
      expect([form.slice(0, 20), status, body.evaluations.filter(({ decision }: { decision: boolean }) => decision)]).toEqual([form.slice(0, 20), 200, []]);
      for (const type of ['user', 'guest', 'app']) expect((await ask(world, 'search/subject', { ...question, subject: { type }, resource: { type: 'web', id: form } })).body.results).toEqual([]);
      expect((await ask(world, 'search/resource', { ...question, subject: { type: 'user', id: form }, resource: { type: 'web' } })).body.results).toEqual([]);
    }
  });

  test('may hold more than anybody knows', async () => {
    const more = { ...question, foo: 'bar', action: { name: 'meetings:read', properties: { method: 'GET' } }, context: { tenant, time: '1985-10-26T01:22-07:00' }, future: { nested: true } };
    expect((await ask(world, 'evaluation', more)).body).toEqual(YES);
  });
});

describe('several evaluations in one request', () => {
  const list = () => [{ resource: data(ben) }, { resource: data(world.people.dan.id) }, { resource: data(ben) }];
  const answers = async (body: object) => (await ask(world, 'evaluations', body)).body.evaluations?.map((each: any) => each.decision);

  test('are answered in their order, each completed from the defaults beside them', async () => {
    expect(await answers({ ...without('resource'), evaluations: list() })).toEqual([true, false, true]);
    const each = [{ action: { name: 'meetings:read' } }, { action: { name: 'meetings:fly' } }, { subject: user(world.people.dan.id), action: { name: 'meetings:read' } }];
    expect(await answers({ ...without('action'), evaluations: each })).toEqual([true, false, false]);
    expect(await answers({ ...question, resource: {}, evaluations: list() })).toEqual([true, false, true]);
    expect(await answers({ evaluations: [question, question] })).toEqual([true, true]);
  });

  test('stop where they are told to', async () => {
    const stopping = (evaluations_semantic: string, evaluations = list()) => answers({ ...without('resource'), options: { evaluations_semantic }, evaluations });
    expect(await stopping('execute_all')).toEqual([true, false, true]);
    expect(await stopping('deny_on_first_deny')).toEqual([true, false]);
    expect(await stopping('permit_on_first_permit')).toEqual([true]);
    expect(await stopping('permit_on_first_permit', list().slice(1))).toEqual([false, true]);
    expect((await ask(world, 'evaluations', { ...question, options: { evaluations_semantic: 'whatever' }, evaluations: list() })).status).toBe(400);
  });

  test('are a single one where there is no list', async () => {
    expect((await ask(world, 'evaluations', question)).body).toEqual(YES);
    expect((await ask(world, 'evaluations', { ...question, evaluations: [] })).body).toEqual(YES);
    expect((await ask(world, 'evaluations', { ...without('resource'), evaluations: [] })).status).toBe(400);
  });

  test('deny what is wrong in one of them, there, and answer the others', async () => {
    const { body } = await ask(world, 'evaluations', { ...without('resource'), evaluations: [{ resource: data(ben) }, {}, { resource: data('') }] });
    expect(body.evaluations).toEqual([YES, { decision: false, context: { error: { status: 400, message: 'resource: An object with type and id.' } } }, { decision: false, context: { error: expect.anything() } }]);
    expect(await answers({ ...without('resource'), options: { evaluations_semantic: 'deny_on_first_deny' }, evaluations: [{}, { resource: data(ben) }] })).toEqual([false]);
  });

  test('are at most a hundred', async () => {
    const many = (count: number) => ask(world, 'evaluations', { ...question, evaluations: Array.from({ length: count }, () => ({})) });
    expect((await many(100)).body.evaluations).toHaveLength(100);
    expect(await many(101)).toMatchObject({ status: 400, body: 'evaluations: At most 100 at once.' });
  });
});

describe('a search', () => {
  const nodes = () => [{ kind: 'tenancy', id: 'Northwind', title: 'Northwind', parent: null }, ...['a', 'b', 'c', 'd', 'e'].map((id) => ({ kind: 'site_collection', id, title: id, parent: { kind: 'tenancy', id: 'Northwind' } }))];
  const give = (kind: string, id: string, who: string, right: string) => world.manage.put(`/tenants/${tenant}/resources/${kind}/${id}/rights/${who}`, { right });
  const of = (type: string) => ({ subject: user(ben), action: { name: 'write' }, resource: { type }, context: { tenant } });
  beforeAll(async () => {
    const { ada, chloe } = world.people;
    await world.manage.post(`/tenants/${tenant}/resources`, { nodes: nodes() });
    await Promise.all([give('site_collection', 'a', ben, 'write'), give('site_collection', 'c', ben, 'manage'), give('site_collection', 'd', ben, 'read'), give('site_collection', 'e', ben, 'write')]);
    await Promise.all([give('tenancy', 'Northwind', ada.id, 'full_control'), give('site_collection', 'a', chloe.id, 'read'), give('tenancy', 'Northwind', chloe.id, 'write'), give('site_collection', 'a', ada.id, 'read')]);
  });

  test('for resources finds those that the subject may, page by page, whatever a page holds', async () => {
    const expected = ['a', 'c', 'e'].map((id) => ({ type: 'site_collection', id }));
    for (const [limit, pages] of [[undefined, 1], [3, 1], [2, 2], [1, 3]] as const) expect(await searchAll(world, 'resource', of('site_collection'), limit)).toEqual({ found: expected, pages });
    expect((await searchAll(world, 'resource', of('tenancy'))).found).toEqual([]);
    expect((await searchAll(world, 'resource', of('spaceship'))).found).toEqual([]);
    expect((await ask(world, 'search/resource', { ...of('site_collection'), resource: { type: 'site_collection', id: 'b' }, page: { limit: 2 } })).body).toMatchObject({ page: { count: 2 }, results: expected.slice(0, 2) });
  });

  test('for subjects finds each once, however often they were given a right', async () => {
    const who = { subject: { type: 'user' }, action: { name: 'write' }, resource: { type: 'site_collection', id: 'a' }, context: { tenant } };
    const ids = async (limit?: number) => (await searchAll(world, 'subject', who, limit)).found.map(({ id }) => id).toSorted();
    const expected = [ben, world.people.ada.id, world.people.chloe.id].toSorted();
    expect(await ids()).toEqual(expected);
    expect(await ids(1)).toEqual(expected);
    expect((await ask(world, 'search/subject', { ...who, subject: { type: 'spaceship' } })).body.results).toEqual([]);
    expect((await ask(world, 'search/subject', { ...who, subject: { type: 'access_token' } })).body.results).toEqual([]);
    expect((await searchAll(world, 'subject', { ...who, action: { name: 'meetings:read' }, resource: data(world.people.ada.id) })).found.map(({ id }) => id).toSorted()).toEqual([ben, world.people.ada.id].toSorted());
  });

  test('R2 for actions finds exactly what evaluation allows', async () => {
    const members = [{ user: world.people.ada.id, role: 'owner' }, { user: ben, role: 'participant' }];
    const { id } = await world.manage.post(`/tenants/${tenant}/contexts`, { kind: 'meeting', title: 'Planning', members });
    const { tokens } = await connect(world, world.people.ben);
    for (const subject of [token(tokens.access_token), user(ben), user(world.people.ada.id), user(world.people.dan.id)]) {
      const about = { subject, resource: { type: 'context', id }, context: { ...('type' in subject && subject.type === 'user' && { tenant }) } };
      const { found } = await searchAll(world, 'action', about);
      const evaluations = METHODS.map((name) => ({ action: { name } }));
      const { body } = await ask(world, 'evaluations', { ...about, evaluations });
      expect(found).toEqual(evaluations.filter((_, place) => body.evaluations[place].decision).map(({ action }) => action));
    }
  });

  test('by a token that is good for nothing finds nothing and says why', async () => {
    const about = { subject: token('assent_ut_gone'), action: { name: 'write' }, resource: { type: 'site_collection', id: 'a' } };
    for (const what of ['resource', 'action']) expect((await ask(world, `search/${what}`, about)).body).toEqual({ page: { next_token: '', count: 0 }, context: expect.objectContaining({ code: 'invalid_token', active: false }), results: [] });
  });

  test('takes a page token only for the search that it came of', async () => {
    const first = await ask(world, 'search/resource', { ...of('site_collection'), page: { limit: 1 } });
    const page = { token: first.body.page.next_token };
    expect(page.token).not.toBe('');
    const next = (more: object, path = 'resource', as = world.resourceServers.meetings) => ask(world, `search/${path}`, { ...of('site_collection'), page, ...more }, { as });
    expect((await next({})).body.results).toEqual([{ type: 'site_collection', id: 'c' }]);
    const others = [next({ action: { name: 'read' } }), next({ subject: user(world.people.dan.id) }), next({ resource: { type: 'web' } }), next({ context: { tenant: world.tenants.contoso } }), next({ page: { ...page, limit: 5 } }), next({ page: { token: 'x' } }), next({}, 'resource', world.resourceServers.archive)];
    for (const answer of await Promise.all(others)) expect([answer.status, typeof answer.body]).toEqual([400, 'string']);
  });

  test('that leaves out what it has to say is a 400', async () => {
    const all = { subject: user(ben), action: { name: 'write' }, resource: { type: 'site_collection', id: 'a' }, context: { tenant } };
    const refused = async (what: string, body: object) => expect((await ask(world, `search/${what}`, body)).status).toBe(400);
    await refused('subject', { ...all, action: undefined });
    await refused('subject', { ...all, resource: { type: 'site_collection' } });
    await refused('subject', { ...all, context: {} });
    await refused('resource', { ...all, subject: { type: 'user' } });
    await refused('action', { ...all, subject: { type: 'user' } });
    await refused('action', { ...all, resource: undefined });
    await refused('action', { ...all, page: { limit: -1 } });
    expect((await ask(world, 'search/action', { ...all, page: { limit: 0 } })).body).toMatchObject({ page: { count: 0, next_token: expect.stringMatching(/./) }, results: [] });
  });
});

test('leaves no token and no trouble in any log', () => {
  expect(aftermath(world)).toEqual([]);
});
