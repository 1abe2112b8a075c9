import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { basicAuth, begin } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const answerTo = async (parameters: Record<string, string>): Promise<URLSearchParams> => {
  const { url } = begin(world, { parameters });
  const response = await fetch(url, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? '', world.issuer).searchParams;
};

describe('an authorization request', () => {
  test.each([
    ['that nobody knows', 'openid nonsense', 'nonsense'],
    ['of the catalogue that the app did not declare', 'openid files:write', 'files:write'],
    ['that opens the management API', 'openid manage', 'manage'],
  ])('is refused by name for a permission %s, and the app gets its state back', async (_, scope, name) => {
    const answer = await answerTo({ scope, state: 'kept' });
    expect(answer.get('error')).toBe('invalid_scope');
    expect(answer.get('error_description')).toContain(name);
    expect(answer.get('state')).toBe('kept');
  });

  test.each(['nobody', 'user user', 'tenant member'])('is refused for the identity "%s"', async (identity) => {
    expect((await answerTo({ identity })).get('error')).toBe('invalid_request');
  });

  test('is refused for both identities at once with a resource, to which only one of the tokens could be bound', async () => {
    const answer = await answerTo({ identity: 'user tenant', resource: world.resourceServers.meetings.audience });
    expect(answer.get('error')).toBe('invalid_target');
  });

  test('is refused in the same way when it is pushed', async () => {
    const { url, app } = begin(world, { parameters: { scope: 'openid nonsense' } });
    const response = await fetch(`${world.issuer}/oauth/par`, {
      method: 'POST',
      headers: { authorization: basicAuth(app) },
      body: url.searchParams,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_scope', error_description: expect.stringContaining('nonsense') });
  });
});
