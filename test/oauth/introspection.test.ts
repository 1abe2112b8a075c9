import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { dpopProof, newClientKey } from '#test/support/client-keys.ts';
import { authorize, basicAuth, begin, connect, exchange, exchangeParameters, introspect, post, type Reply } from '#test/support/oauth-flow.ts';
import { install } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const seen = ({ status, headers, body }: Reply) => ({ status, body, headers: Object.fromEntries([...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id')) });

/** The usual question, which is answered on the short way; naming the client in the form too sends it through the library. */
async function hears(token: string, more: Record<string, string> = {}): Promise<unknown> {
  const { meetings } = world.resourceServers;
  const short = await post(world, '/oauth/introspect', meetings, { token, ...more });
  const long = await post(world, '/oauth/introspect', meetings, { token, ...more, client_id: meetings.id });
  expect(long.status).toBe(200);
  expect(seen(short)).toEqual(seen(long));
  return short.body;
}

describe('RFC 7662 a resource server hears the same on the short way as on the long one', () => {
  test('of a user token, with shared access and what the token lacks', async () => {
    const { tokens } = await connect(world, world.people.ben, { parameters: { tenant: world.tenants.northwind }, tick: ['shared_access'] });
    expect(await hears(tokens.access_token)).toMatchObject({ active: true, sub: world.people.ben.id, identity: 'user', token_type: 'Bearer', iss: world.issuer });
    expect(await hears(tokens.access_token, { permission: 'contacts:read', token_type_hint: 'access_token' })).toMatchObject({ missing: { permission: 'contacts:read' } });
    for (const token of [tokens.refresh_token, `${tokens.access_token}x`, 'nonsense']) expect(await hears(token)).toEqual({ active: false });
  });

  test('of a token for itself, and of one for somebody else', async () => {
    const { meetings, archive } = world.resourceServers;
    for (const [server, active] of [[meetings, true], [archive, false]] as const) {
      const attempt = begin(world, { parameters: { resource: server.audience } });
      const { body } = await exchange(world, attempt, (await authorize(attempt, world.people.dan)).get('code'));
      expect(await hears(body.access_token)).toMatchObject(active ? { active, aud: server.audience } : { active });
    }
  });

  test('of a tenant token, with the data range', async () => {
    const { body } = await install(world, world.people.ada);
    expect(await hears(body.access_token, { data_owner: world.people.dan.id })).toMatchObject({ active: true, identity: 'tenant', data_range: { kind: 'all' }, data_owner_in_range: true });
  });

  test('of a token that is bound to a key', async () => {
    const attempt = begin(world);
    const code = (await authorize(attempt, world.people.dan)).get('code');
    const dpop = await dpopProof(await newClientKey(), { url: `${world.issuer}/oauth/token` });
    const response = await fetch(`${world.issuer}/oauth/token`, {
      method: 'POST',
      headers: { authorization: basicAuth(attempt.app), dpop },
      body: new URLSearchParams({ grant_type: 'authorization_code', ...(exchangeParameters(attempt, code) as Record<string, string>) }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect(await hears(token)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: expect.any(String) } });
  });

  test('and nothing on either with a wrong secret, or with two ways to say who asks', async () => {
    const { meetings } = world.resourceServers;
    const { tokens } = await connect(world, world.people.dan);
    const wrong = await introspect(world, tokens.access_token, { as: { ...meetings, secret: `${meetings.secret}x` } });
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const both = await post(world, '/oauth/introspect', meetings, { token: tokens.access_token, client_secret: meetings.secret });
    expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const twice = await fetch(`${world.issuer}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: basicAuth(meetings) },
      body: new URLSearchParams([['token', tokens.access_token], ['token', tokens.access_token]]),
    });
    expect(twice.status).toBe(400);
  });
});
