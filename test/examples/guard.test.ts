import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

import { createGuard, ME, type Guard, type Question } from '../../examples/guard/guard.ts';
import { protect } from '../../examples/guard/node.ts';
import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { authorize, begin, connect, exchange, revoke } from '#test/support/oauth-flow.ts';
import { EVERYBODYS, install, tenantToken } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** A platform API of plain Node that does nothing but ask: its answer is who calls. */

let passed = 0;
let world: World;
const servers: Server[] = [];
let questions: Record<string, Question>;
let api: string;
let opaque: string;
let signed: string;
let own: string;

const listen = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const serve = (guard: Guard) =>
  listen(
    protect(
      guard,
      ({ url = '' }) => questions[url.slice(1)] ?? { action: 'meetings:read', resource: { type: 'user_data', id: decodeURIComponent(url.slice(1)) } },
      (_request, response, { tenant, identity, user, client, sharedAccess }) => void response.end(JSON.stringify({ tenant, identity, user, client, sharedAccess })),
    ),
  );
const guardFor = (issuer: string, more: { deadline?: number } = {}) => createGuard({ issuer, ...world.resourceServers.meetings, realm: 'Test API', ...more });
const call = async (authorization: string | undefined, path = 'mine', at = api) => {
  const response = await fetch(`${at}/${path}`, { headers: authorization === undefined ? {} : { authorization } });
  return { status: response.status, challenge: response.headers.get('www-authenticate'), body: (await response.json()) as any };
};
const bearer = (token: string, path?: string, at?: string) => call(`Bearer ${token}`, path, at);
const BAD = { status: 401, challenge: 'Bearer realm="Test API", error="invalid_token"' };

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + passed });
  const { meetings } = world.resourceServers;
  await world.manage.change(`/resource-servers/${meetings.id}`, { tokenFormat: 'jwt' });
  questions = {
    mine: { action: { user: 'meetings:read' }, resource: ME },
    write: { action: { user: 'meetings:write' }, resource: ME },
    ben: { action: { user: 'meetings:read', tenant: EVERYBODYS }, resource: { type: 'user_data', id: world.people.ben.id } },
    everybody: { action: { tenant: EVERYBODYS }, resource: ME, list: true },
    raise: { action: 'meeting.raise_hand', resource: { type: 'context', id: 'ctx_none' } },
  };
  api = await serve(guardFor(world.issuer));
  opaque = (await connect(world, world.people.ben)).tokens.access_token;
  signed = (await connect(world, world.people.ben, { parameters: { resource: meetings.audience } })).tokens.access_token;
  await install(world, world.people.ada, { dataRange: { members: [world.people.ben.id] } });
  own = (await tenantToken(world)).body.access_token;
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await world.stop();
});

describe('the guard of a platform API', () => {
  test('Z8 lets in who may, by an opaque and by a signed token, and tells the API who calls', async () => {
    const who = { tenant: world.tenants.northwind, identity: 'user', user: world.people.ben.id, client: world.apps.scheduler.id, sharedAccess: false };
    expect(signed.split('.')).toHaveLength(3);
    for (const token of [opaque, signed]) {
      expect(await bearer(token)).toEqual({ status: 200, challenge: null, body: who });
      expect((await bearer(token, 'ben')).status).toBe(200);
    }
    expect((await call(`bearer   ${opaque}`)).status).toBe(200);
    expect((await bearer(own, 'ben')).body).toEqual({ ...who, identity: 'tenant', user: null });
  });

  test('Z9 L7 names the missing scope in WWW-Authenticate, and says who can grant it and where', async () => {
    for (const token of [opaque, signed]) {
      const { status, challenge, body } = await bearer(token, 'write');
      expect([status, challenge]).toEqual([403, 'Bearer realm="Test API", error="insufficient_scope", scope="meetings:write"']);
      expect(body).toMatchObject({
        code: 'insufficient_scope',
        message: 'The app does not hold the permission this needs.',
        missing: { permission: 'meetings:write', identity: 'user', who: 'member', link: expect.stringContaining(`${world.issuer}/apps/${world.apps.scheduler.id}/allow?`) },
      });
    }
  });

  test('Z2 L6 gives Assent’s reason for any other refusal, with no challenge', async () => {
    expect(await bearer(opaque, world.people.ada.id)).toEqual({ status: 403, challenge: null, body: { code: 'shared_access_not_permitted', message: 'The user has not permitted this app to use shared access' } });
    expect((await bearer(own, world.people.dan.id)).body.code).toBe('insufficient_scope');
    questions['dan'] = { action: { tenant: EVERYBODYS }, resource: { type: 'user_data', id: world.people.dan.id } };
    expect(await bearer(own, 'dan')).toMatchObject({ status: 403, challenge: null, body: { code: 'out_of_data_range' } });
    expect((await bearer(opaque, 'raise')).body.code).toBe('role_not_permitted');
    questions['void'] = { action: 'read', resource: { type: 'nothing', id: 'x' } };
    expect((await bearer(opaque, 'void')).status).toBe(404);
    questions['long'] = { action: 'read', resource: { type: 'web', id: 'x'.repeat(9000) } };
    expect((await bearer(opaque, 'long')).status).toBe(404);
  });

  test('L1 counts what the token’s own identity needs, and nothing that the other one holds', async () => {
    expect((await bearer(own)).body.code).toBe('user_token_required');
    expect((await bearer(opaque, 'everybody')).body.code).toBe('tenant_token_required');
    expect((await bearer(signed, 'everybody')).body.code).toBe('tenant_token_required');
    expect((await bearer(own, 'everybody')).status).toBe(200);
  });

  test('answers a call without a token with a bare challenge, and finds none in an address', async () => {
    expect(await call(undefined)).toMatchObject({ status: 401, challenge: 'Bearer realm="Test API"' });
    expect((await call(undefined, `mine?access_token=${opaque}`)).status).toBe(401);
    for (const header of ['Basic eDp5', 'Bearer', 'Bearer a b', `DPoP ${opaque}`, `Bearer ${'a'.repeat(5000)}`, 'Bearer é']) {
      expect(await call(header.replace('é', '%00'))).toMatchObject(BAD);
    }
  });

  test('is not taken in by tokens that are made up, altered, of another sort, for another API, or signed with no algorithm', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const [header, payload, signature] = signed.split('.') as [string, string, string];
    const claims = decodeJwt(signed);
    const { kid } = decodeProtectedHeader(signed);
    const forge = (protectedHeader: object) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...protectedHeader } as never).sign(privateKey);
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
    const archive = (await connect(world, world.people.ben, { parameters: { scope: 'openid', resource: world.resourceServers.archive.audience } })).tokens;
    const idToken = (await connect(world, world.people.ben)).tokens['id_token'];
    const bad = [
      'assent_ut_made_up',
      'a.b.c',
      '..',
      new UnsecuredJWT(claims).encode(),
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`,
      `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.${signature}`,
      `${header}.${Buffer.from(JSON.stringify({ ...claims, sub: world.people.ada.id })).toString('base64url')}.${signature}`,
      await forge({}),
      await forge({ jwk: await exportJWK(publicKey) }),
      await forge({ kid: 'unknown' }),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(secret),
      idToken,
      archive.access_token,
    ];
    for (const token of bad) expect([token.slice(0, 60), await bearer(token)]).toEqual([token.slice(0, 60), expect.objectContaining(BAD)]);
  });

  test('refuses a token that is bound to a key, since it checks no proofs', async () => {
    const key = await newClientKey();
    for (const resource of [undefined, world.resourceServers.meetings.audience]) {
      const attempt = begin(world, { parameters: { tenant: world.tenants.northwind, resource } });
      const code = (await authorize(attempt, world.people.dan)).get('code');
      const { body } = await exchange(world, attempt, code, {}, { dpop: await dpopProof(key, { url: `${world.issuer}/oauth/token` }) });
      expect(body.token_type).toBe('DPoP');
      for (const scheme of ['Bearer', 'DPoP']) expect(await call(`${scheme} ${body.access_token}`)).toMatchObject(BAD);
    }
  });

  test('I3 lets a revoked token in no more, though its signature and its time are good', async () => {
    for (const parameters of [{}, { resource: world.resourceServers.meetings.audience }]) {
      const token = (await connect(world, world.people.ada, { parameters })).tokens.access_token;
      expect((await bearer(token)).status).toBe(200);
      await revoke(world, world.apps.scheduler, token);
      expect(await bearer(token)).toMatchObject(BAD);
    }
  });
});

describe('I9 when Assent cannot be asked, nobody gets in', () => {
  const documents = (issuer: string): Record<string, object> => ({
    '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/jwks` },
    '/.well-known/authzen-configuration': {
      policy_decision_point: issuer,
      ...Object.fromEntries(['access_evaluation', 'access_evaluations', 'search_resource'].map((name) => [`${name}_endpoint`, `${issuer}/${name}`])),
    },
  });
  const HOLDER = { tenant: 'ten_1', identity: 'user', user: 'usr_1', client: 'app_1', shared_access: false };
  const YES = { decision: true, context: { token: HOLDER } };

  /** An Assent that says `answer` to every question. */
  const pretend = async (answer: (issuer: string) => unknown, status = 200): Promise<string> => {
    let issuer = '';
    issuer = await listen((request, response) => {
      const document = documents(issuer)[request.url ?? ''];
      const body = document ?? answer(issuer);
      if (body === undefined) return;
      response.writeHead(document ? 200 : status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    return issuer;
  };
  const CLOSED = 'http://127.0.0.1:9';

  test.each<[string, () => Promise<string>]>([
    ['nobody listens', async () => CLOSED],
    ['it is silent', () => pretend(() => undefined)],
    ['it refuses the credentials', () => pretend(() => 'who are you', 401)],
    ['it fails', () => pretend(() => YES, 500)],
    ['it answers no JSON', () => pretend(() => '<html>')],
    ['it answers something else', () => pretend(() => ({ decision: 'true' }))],
    ['it leaves a question without an answer', () => pretend(() => ({ evaluations: [] }))],
    ['it sends elsewhere', () => pretend(() => YES, 302)],
  ])('503, when %s', async (_, start) => {
    const at = await serve(guardFor(await start(), { deadline: 250 }));
    for (const path of ['mine', 'ben']) {
      const { status, body } = await bearer('assent_ut_x', path, at);
      expect([status, body]).toEqual([503, { code: 'unavailable', message: 'The token cannot be checked just now. Try again in a moment.' }]);
    }
  });

  test('503 for a signed token whose keys cannot be fetched, and when somebody else answers at that address', async () => {
    expect((await bearer(signed, 'mine', await serve(guardFor(await pretend(() => '<html>', 500), { deadline: 250 })))).status).toBe(503);
    const other = await listen((request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documents('https://elsewhere.example')[request.url ?? ''] ?? YES)));
    expect((await bearer('assent_ut_x', 'mine', await serve(guardFor(other)))).status).toBe(503);
  });

  test('a yes about a token that it does not say to be good is none', async () => {
    const at = await serve(guardFor(await pretend(() => ({ decision: true, context: {} }))));
    expect((await bearer('assent_ut_x', 'mine', at)).status).toBe(401);
    const good = await serve(guardFor(await pretend(() => YES)));
    expect((await bearer('assent_ut_x', 'mine', good)).status).toBe(200);
  });
});

test('an expired token is let in no more, opaque or signed', async () => {
  passed = 3_700_000;
  for (const token of [opaque, signed, own]) expect(await bearer(token, 'ben')).toMatchObject(BAD);
});
