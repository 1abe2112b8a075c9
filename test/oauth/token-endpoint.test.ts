import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { tokenSteps } from '#src/oauth/provider-internals.ts';
import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { authorize, basicAuth, begin, exchange, exchangeParameters, introspect, post, type Reply } from '#test/support/oauth-flow.ts';
import { EVERYBODYS, install } from '#test/support/tenant-tokens.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

let world: World;
let operator: { id: string; secret: string };
beforeAll(async () => {
  world = await startWorld();
  operator = world.assent.firstOperator;
  await install(world, world.people.ada, { scope: `${EVERYBODYS} rooms:read`, permissions: ['rooms:read'] });
});
afterAll(() => world.stop());

type Client = { readonly id: string; readonly secret: string | null };
type Form = Readonly<Record<string, string>>;

/** What differs between two answers to the same question is what is minted. */
const seen = ({ status, headers, body }: Reply) => ({
  status,
  headers: Object.fromEntries([...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))),
  body: { ...body, ...(body.access_token && { access_token: body.access_token.slice(0, 10) }) },
  names: Object.keys(body),
});

const said = async (token: string, as: Client): Promise<unknown> => {
  const { exp, iat, ...rest } = (await post(world, '/oauth/introspect', as, { token })).body;
  return { ...rest, seconds: exp - iat };
};

/** A plain form goes the short way; asking for no details sends it through all of the library. */
async function answers(client: Client, form: Form, headers: Form = {}): Promise<any> {
  const ask = (more: Form) => post(world, '/oauth/token', client, { grant_type: 'client_credentials', ...form, ...more }, { headers });
  const [short, long] = [await ask({}), await ask({ authorization_details: '[]' })];
  expect(seen(short)).toEqual(seen(long));
  if (short.status === 200) expect(await said(short.body.access_token, client)).toEqual(await said(long.body.access_token, client));
  return short;
}

const tenant = (): Form => ({ tenant: world.tenants.northwind });

test('the library’s steps at the token endpoint are those that the short way was made for', () => {
  const names = tokenSteps.map(({ name }) => name).filter((name) => name !== '');
  expect(names).toEqual([
    'noCache', 'urlencoded', 'plainForms', 'assembleTokenParams', 'rejectClientAuthDupes', 'setWWWAuthenticateHeader', 'authenticateClient',
    'bound rejectDupes', 'stripGrantIrrelevantParams', 'supportedGrantTypeCheck', 'allowedGrantTypeCheck', 'rejectDupesOptionalExcept',
    'validateScope', 'checkRar', 'ensureRarResource', 'callTokenHandler',
  ]);
});

describe('the token endpoint answers the same on the short way as on the long one', () => {
  test('L2 a tenant token, with all that is installed and with less', async () => {
    const { scheduler } = world.apps;
    expect((await answers(scheduler, tenant())).body).toEqual({
      access_token: expect.stringMatching(/^assent_tt_/), token_type: 'Bearer', expires_in: 3600, scope: `${EVERYBODYS} rooms:read`,
    });
    expect((await answers(scheduler, { ...tenant(), scope: 'rooms:read' })).body.scope).toBe('rooms:read');
    for (const server of [world.resourceServers.meetings, world.resourceServers.archive]) {
      const { body } = await post(world, '/oauth/token', scheduler, { grant_type: 'client_credentials', ...tenant() });
      expect((await introspect(world, body.access_token, { as: server })).body).toMatchObject({ active: true, identity: 'tenant', client_id: scheduler.id, data_range: { kind: 'all' } });
    }
  });

  test('L2 L7 what the app does not hold, a tenant that it is not in, and a scope that is none, are refused', async () => {
    const { scheduler } = world.apps;
    expect((await answers(scheduler, { ...tenant(), scope: 'directory:read' })).body).toMatchObject({ error: 'invalid_scope', missing: { permission: 'directory:read' } });
    expect((await answers(scheduler, { tenant: world.tenants.contoso })).body).toMatchObject({ error: 'unauthorized_client' });
    expect((await answers(scheduler, { ...tenant(), scope: ' rooms:read' })).body).toMatchObject({ error: 'invalid_scope' });
    expect((await answers(scheduler, { scope: 'rooms:read' })).body).toMatchObject({ error: 'invalid_request' });
  });

  test('an app’s own token, and an operator’s with all and with less than it may have, never with more', async () => {
    expect((await answers(world.apps.scheduler, {})).body).toMatchObject({ access_token: expect.stringMatching(/^assent_at_/) });
    expect((await answers(operator, {})).body).toMatchObject({ access_token: expect.stringMatching(/^assent_mt_/), scope: 'manage read' });
    expect((await answers(operator, { scope: 'read' })).body).toMatchObject({ scope: 'read' });
    expect((await answers(operator, { scope: 'read nothing-of-ours' })).body).toMatchObject({ scope: 'read' });
    expect((await answers(operator, { scope: 'read meetings:read' })).body).toMatchObject({ error: 'invalid_scope' });
    const { meetings } = world.resourceServers;
    expect((await answers(meetings, {})).body).toMatchObject({ error: 'invalid_request' });
  });

  test('xP3 who is not who they say gets nothing, and a header that says how to say it', async () => {
    const { scheduler, notes } = world.apps;
    const wrong = await answers({ ...scheduler, secret: `${scheduler.secret}x` }, tenant());
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect((await answers({ id: 'app_nobody', secret: 'x' }, tenant())).body).toMatchObject({ error: 'invalid_client' });
    expect((await answers({ id: scheduler.id, secret: null }, tenant())).body).toMatchObject({ error: 'invalid_client' });
    expect((await answers(scheduler, { ...tenant(), client_id: notes.id })).body).toMatchObject({ error: 'invalid_request' });
    expect((await answers(scheduler, { ...tenant(), client_secret: scheduler.secret ?? '' })).body).toMatchObject({ error: 'invalid_request' });
    expect((await answers(notes, tenant())).body).toMatchObject({ error: 'invalid_request' });
    expect((await answers(scheduler, tenant(), { origin: 'https://elsewhere.example' })).body).toMatchObject({ error: 'invalid_request' });
  });

  test('xP15 a parameter that stands there twice, no grant type and an unknown one are refused as ever', async () => {
    const ask = async (...form: [string, string][]) => {
      const response = await fetch(`${world.issuer}/oauth/token`, { method: 'POST', headers: { authorization: basicAuth(world.apps.scheduler as never) }, body: new URLSearchParams(form) });
      return ((await response.json()) as { error: string }).error;
    };
    expect(await ask(['grant_type', 'client_credentials'], ['tenant', world.tenants.northwind], ['tenant', world.tenants.northwind])).toBe('invalid_request');
    expect(await ask(['grant_type', 'client_credentials'], ['grant_type', 'client_credentials'])).toBe('invalid_request');
    expect(await ask(['tenant', world.tenants.northwind])).toBe('invalid_request');
    expect(await ask(['grant_type', 'implicit'])).toBe('unsupported_grant_type');
    expect(await ask(['grant_type', 'constructor'])).toBe('unsupported_grant_type');
  });

  test('a token for one resource server, in the format that it chose, and one that is bound to a key', async () => {
    const { scheduler } = world.apps;
    const { meetings } = world.resourceServers;
    expect((await answers(scheduler, { ...tenant(), resource: meetings.audience })).body.scope).toBe(`${EVERYBODYS} rooms:read`);
    expect((await answers(scheduler, { ...tenant(), resource: 'https://nobody.example' })).body).toMatchObject({ error: 'invalid_target' });
    const key = await newClientKey();
    const proof = () => dpopProof(key, { url: `${world.issuer}/oauth/token` });
    const { body } = await post(world, '/oauth/token', scheduler, { grant_type: 'client_credentials', ...tenant() }, { headers: { dpop: await proof() } });
    expect(body.token_type).toBe('DPoP');
    expect((await introspect(world, body.access_token)).body).toMatchObject({ active: true, cnf: { jkt: expect.any(String) } });
    await world.manage.change(`/apps/${scheduler.id}`, { dpopBound: true });
    expect((await answers(scheduler, tenant())).body).toMatchObject({ error: 'invalid_grant' });
    await world.manage.change(`/apps/${scheduler.id}`, { dpopBound: false });
  });

  test('a code and a refresh token give on both what they are for', async () => {
    const use = async (app: TestApp, form: Form) => (await post(world, '/oauth/token', app, form)).body;
    const shape = ({ scope, token_type, expires_in, ...more }: Record<string, unknown>) => ({ scope, token_type, expires_in, names: Object.keys(more) });
    const redeemed = async (more: Form) => {
      const attempt = begin(world);
      const code = (await authorize(attempt, world.people.dan)).get('code');
      return use(world.apps.scheduler, { grant_type: 'authorization_code', ...(exchangeParameters(attempt, code) as Form), ...more });
    };
    const [short, long] = [await redeemed({}), await redeemed({ authorization_details: '[]' })];
    expect(shape(short)).toEqual(shape(long));
    const first = await use(world.apps.scheduler, { grant_type: 'refresh_token', refresh_token: short.refresh_token });
    const second = await use(world.apps.scheduler, { grant_type: 'refresh_token', refresh_token: first.refresh_token, authorization_details: '[]' });
    expect(shape(first)).toEqual(shape(second));
  });
});

test('why a code was refused stands in the log, under the number of the answer, and not in the answer', async () => {
  const attempt = begin(world);
  const code = (await authorize(attempt, world.people.dan)).get('code');
  const reasons: unknown[] = [];
  for (const wrong of [{ code_verifier: 'x'.repeat(43) }, { redirect_uri: 'http://127.0.0.1:1/other' }, { code: 'assent_ac_madeup' }]) {
    const { status, headers, body } = await exchange(world, attempt, code, wrong);
    expect([status, body]).toEqual([400, { error: 'invalid_grant', error_description: 'grant request is invalid' }]);
    const lines = world.assent.logged().trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const line = lines.find(({ request, msg }) => request === headers.get('x-request-id') && msg === 'a token request was refused');
    expect(line).toMatchObject({ level: 'info', app: attempt.app.id, error: 'invalid_grant' });
    reasons.push(line?.['detail']);
  }
  expect(reasons).toEqual(['code_verifier does not match code_challenge', 'authorization code redirect_uri mismatch', 'authorization code not found']);
  expect(world.assent.logged()).not.toContain(String(code));
});
