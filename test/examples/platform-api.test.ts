import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createPlatformApi } from '../../examples/platform-api/api.ts';
import { createRecords } from '../../examples/platform-api/records.ts';
import { seed } from '../../examples/platform-api/seed.ts';

const AUDIENCE = 'http://127.0.0.1:3002';
const ids = {
  users: { 'ada@northwind.example': 'usr_ada', 'ben@northwind.example': 'usr_ben' },
  tenants: { Northwind: 'ten_n', Contoso: 'ten_c' },
};
const ben = {
  active: true,
  sub: 'usr_ben',
  tenant: 'ten_n',
  identity: 'user',
  client_id: 'app_1',
  token_type: 'Bearer',
  aud: AUDIENCE,
  scope: 'meetings:read calendar:read contacts:read',
};
const sharing = {
  ...ben,
  scope: `${ben.scope} shared_access`,
  shared_access_from: [{ user: 'usr_ada', permissions: ['meetings:read'] }],
};

let assent: Server;
let api: Server;
let issuer: string;
let base: string;
let answer: { status: number; body: string };
/** What else it says to a question, by its form. */
let more: (form: URLSearchParams) => object;
let asked: { authorization: string | undefined; form: URLSearchParams }[];

const listen = async (server: Server) => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const startApi = (at: string) => {
  const app = createPlatformApi({
    audience: AUDIENCE,
    introspection: { issuer: at, id: 'rs_1', secret: 's:e c' },
    records: createRecords(seed(ids, Date.UTC(2030, 0, 1))),
  });
  app.on('error', () => {});
  return createServer(app.callback());
};
const introspectionSays = (body: unknown, status = 200) => {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
};
const call = async (path: string, init: { method?: string; token?: string | null; json?: string; at?: string } = {}) => {
  const { method = 'GET', token = 'assent_at_x', json, at = base } = init;
  const headers: Record<string, string> = { ...(token !== null && { authorization: `Bearer ${token}` }) };
  if (json !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(at + path, { method, headers, ...(json !== undefined && { body: json }) });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: (await response.json()) as any };
};

beforeAll(async () => {
  assent = createServer(async (request, response) => {
    const chunks = await request.toArray();
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    asked.push({ authorization: request.headers.authorization, form });
    const body = answer.body.startsWith('{') ? JSON.stringify({ ...JSON.parse(answer.body), ...more(form) }) : answer.body;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
  });
  issuer = await listen(assent);
  api = startApi(issuer);
  base = await listen(api);
});
beforeEach(() => {
  asked = [];
  more = () => ({});
  introspectionSays(ben);
});
afterAll(() => {
  api.close();
  assent.close();
});

describe('the sample platform API', () => {
  test('asks Assent about every token with its own credentials', async () => {
    await call('/me/meetings', { token: 'abc' });
    await call('/me/meetings', { token: 'abc' });
    expect(asked).toHaveLength(2);
    expect(asked[0]!.form.get('token')).toBe('abc');
    expect(asked[0]!.authorization).toBe(`Basic ${Buffer.from('rs_1:s%3Ae%20c').toString('base64')}`);
  });

  test('answers 401 with a bare challenge to a call without a token, and does not bother Assent', async () => {
    const { status, challenge, body } = await call('/me/meetings', { token: null });
    expect({ status, challenge, code: body.code }).toEqual({
      status: 401,
      challenge: 'Bearer realm="Meetings API"',
      code: 'invalid_token',
    });
    expect(asked).toHaveLength(0);
  });

  test.each([
    ['that is not live', { active: false }],
    ['that is no access token', { ...ben, token_type: undefined }],
    ['of an operator', { active: true, client_id: 'opr_1', token_type: 'Bearer', scope: 'operator' }],
    ['for another API', { ...ben, aud: 'https://mail.example' }],
  ])('answers 401 invalid_token to a token %s', async (_, says) => {
    introspectionSays(says);
    const { status, challenge } = await call('/me/meetings');
    expect([status, challenge]).toEqual([401, 'Bearer realm="Meetings API", error="invalid_token"']);
  });

  test('Z9 names the missing scope in WWW-Authenticate', async () => {
    const { status, challenge, body } = await call('/me/meetings', { method: 'POST', json: '{}' });
    expect([status, body.code]).toEqual([403, 'insufficient_scope']);
    expect(challenge).toBe('Bearer realm="Meetings API", error="insufficient_scope", scope="meetings:write"');
  });

  test('Z8 gives a member their own data, by /me, by id and by e-mail address', async () => {
    for (const path of ['/me/meetings', '/users/usr_ben/meetings', '/users/Ben@northwind.example/meetings']) {
      const { status, body } = await call(path);
      expect([status, body.owner, body.meetings[0].title]).toEqual([200, 'usr_ben', 'Team stand-up']);
    }
    expect((await call('/users/usr_ben')).body).toMatchObject({ name: 'Ben Okafor' });
    expect((await call('/users/usr_ben/calendar')).body.days[0]).toEqual({
      date: '2030-01-02',
      busy: [{ from: '2030-01-02T10:00:00.000Z', to: '2030-01-02T10:15:00.000Z' }],
    });
  });

  test('Z8 shows only what belongs to the tenant of the token', async () => {
    introspectionSays({ ...ben, tenant: 'ten_c' });
    const { body } = await call('/me/meetings');
    expect(body.meetings.map((meeting: { title: string }) => meeting.title)).toEqual(['Contoso advisory board']);
  });

  test('Z2 refuses a delegator’s data with the exact code and sentence', async () => {
    for (const path of ['/users/usr_ada/meetings', '/users/nobody/meetings', '/me/shared']) {
      const { status, body } = await call(path);
      expect([status, body]).toEqual([
        403,
        { code: 'shared_access_not_permitted', message: 'The user has not permitted this app to use shared access' },
      ]);
    }
  });

  test('Z3 opens exactly what was delegated, and one answer covers all the rest', async () => {
    introspectionSays(sharing);
    expect((await call('/users/usr_ada/meetings')).body.meetings[0].title).toBe('Board preparation');
    expect((await call('/me/shared')).body.from).toEqual([
      { user: 'usr_ada', name: 'Ada Lovelace', permissions: ['meetings:read'] },
    ]);
    const refusals = await Promise.all(
      ['/users/usr_ada/calendar', '/users/usr_ada', '/users/usr_chloe/meetings', '/users/nobody/meetings'].map((path) => call(path)),
    );
    for (const { status, body } of refusals) {
      expect([status, body]).toEqual([403, { code: 'forbidden', message: 'This app may not use that data.' }]);
    }
  });

  describe('with a tenant token', () => {
    const range = (...users: string[]) => {
      introspectionSays({ ...ben, sub: 'ins_1', identity: 'tenant', scope: 'meetings.all:read directory:read' });
      more = (form) => (form.has('data_owner') ? { data_owner_in_range: users.includes(form.get('data_owner') ?? '') } : {});
    };

    test('L6 reaches members within the data range, by id and by e-mail address', async () => {
      range('usr_ada');
      for (const path of ['/users/usr_ada/meetings', '/users/Ada@northwind.example/meetings']) {
        expect((await call(path)).body.meetings[0].title).toBe('Board preparation');
      }
      expect((await call('/users/usr_ada')).body.name).toBe('Ada Lovelace');
    });

    test('L6 gives one answer for everybody beyond it: a member, another tenant’s, nobody', async () => {
      range('usr_ada');
      for (const path of ['/users/usr_ben/meetings', '/users/ben@northwind.example/meetings', '/users/nobody/meetings', '/users/usr_ben']) {
        const { status, body } = await call(path);
        expect([status, body]).toEqual([403, { code: 'out_of_data_range', message: 'This lies outside the data that the app may reach in this tenant.' }]);
      }
    });

    test('L6 lists everybody’s meetings, as far as the range goes', async () => {
      range('usr_ben');
      const { body } = await call('/meetings');
      expect(body.people.map((person: { name: string }) => person.name)).toEqual(['Ben Okafor']);
      expect(body.people[0].meetings[0].title).toBe('Team stand-up');
      range();
      expect((await call('/meetings')).body).toEqual({ people: [] });
    });

    test('says clearly that what belongs to one person is not for it', async () => {
      range('usr_ada', 'usr_ben');
      for (const [method, path] of [['GET', '/me/meetings'], ['GET', '/me/shared'], ['POST', '/users/usr_ada/meetings'], ['GET', '/users/usr_ada/calendar']] as const) {
        const { status, body } = await call(path, { method, ...(method === 'POST' && { json: '{}' }) });
        expect([status, body]).toEqual([403, { code: 'user_token_required', message: 'This belongs to one person. Ask with a token of that person, not of the tenant.' }]);
      }
      introspectionSays(ben);
      expect((await call('/meetings')).body.code).toBe('tenant_token_required');
    });
  });

  test('L7 tells of a missing permission who can grant it and where, as Assent says it', async () => {
    const missing = {
      permission: 'meetings:write',
      identity: 'user',
      state: 'approved',
      who: 'member',
      whoInWords: 'The member whom the token is for.',
      link: 'https://id.example/apps/app_1/allow?permission=meetings%3Awrite',
    };
    more = (form) => (form.get('permission') === 'meetings:write' ? { missing } : {});
    const { status, body } = await call('/me/meetings', { method: 'POST', json: '{}' });
    expect([status, body]).toEqual([403, { code: 'insufficient_scope', message: 'The app does not hold the permission this needs.', missing }]);
  });

  test('adds a meeting of the member, and says what is wrong with a bad one', async () => {
    introspectionSays({ ...ben, scope: 'meetings:read meetings:write' });
    const json = JSON.stringify({ title: 'Lunch', startsAt: '2030-01-05T12:00:00+01:00', minutes: 30 });
    const added = await call('/me/meetings', { method: 'POST', json });
    expect([added.status, added.body.meeting]).toEqual([201, expect.objectContaining({ startsAt: '2030-01-05T11:00:00.000Z' })]);
    expect((await call('/me/meetings')).body.meetings.map((meeting: { title: string }) => meeting.title)).toContain('Lunch');
    for (const bad of ['{"title":""}', '{', '[]']) {
      const { status, body } = await call('/me/meetings', { method: 'POST', json: bad });
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    }
  });

  test.each([
    ['an error', { active: true }, 503],
    ['a refusal of its own credentials', { error: 'invalid_client' }, 401],
    ['something that is not JSON', '<html>', 200],
    ['something without active', {}, 200],
  ])('I9 answers 503 and never lets anyone in when Assent gives %s', async (_, body, status) => {
    introspectionSays(body, status);
    const { status: given, body: said } = await call('/me/meetings');
    expect([given, said.code]).toEqual([503, 'unavailable']);
  });

  test('I9 answers 503 when nobody listens at the issuer', async () => {
    const closed = createServer();
    const nowhere = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const lonely = startApi(nowhere);
    const { status } = await call('/me/meetings', { at: await listen(lonely) });
    lonely.close();
    expect(status).toBe(503);
  });

  test('answers JSON for an address that is not there', async () => {
    const { status, body } = await call('/nowhere');
    expect([status, body.code]).toEqual([404, 'not_found']);
  });
});
