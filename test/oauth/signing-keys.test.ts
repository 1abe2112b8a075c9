import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import { connect, refresh } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

type Key = { readonly kid: string; readonly alg: string; readonly state: string };

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const published = async (): Promise<Record<string, unknown>[]> =>
  ((await (await fetch(`${world.issuer}/oauth/jwks`)).json()) as { keys: Record<string, unknown>[] }).keys;

const verify = (token: string) => jwtVerify(token, createRemoteJWKSet(new URL(`${world.issuer}/oauth/jwks`)), { issuer: world.issuer });

const kidsIn = (keys: readonly Key[], state: string): string[] => keys.filter((key) => key.state === state).map(({ kid }) => kid);

describe('signing keys', () => {
  test('are published before they sign, without their private parts', async () => {
    const keys = await published();
    expect(keys.map(({ alg }) => alg).toSorted()).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
    for (const key of keys) expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(name))).toEqual([]);
  });

  test('xY1 rotate under a running app: the next ones sign from then on, and what the old ones signed still verifies', async () => {
    const { tokens } = await connect(world, world.people.ben);
    const before: Key[] = (await world.manage.get('/signing-keys')).keys;
    expect(kidsIn(before, 'current')).toContain(decodeProtectedHeader(tokens['id_token']).kid);

    const after: Key[] = (await world.manage.post('/signing-keys/rotation')).keys;
    expect(kidsIn(after, 'current').toSorted()).toEqual(kidsIn(before, 'next').toSorted());
    expect(kidsIn(after, 'retired').toSorted()).toEqual(kidsIn(before, 'current').toSorted());

    const { body, status } = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect(status).toBe(200);
    expect(kidsIn(after, 'current')).toContain(decodeProtectedHeader(body.id_token).kid);
    await verify(body.id_token);
    await verify(tokens['id_token']);
  });

  test('of two rotations at once each is whole, and keys that nobody needs any more are not kept for ever', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.manage.ask('POST', '/signing-keys/rotation')));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    for (const { body } of answers.filter(({ status }) => status === 200)) {
      expect(kidsIn(body.keys, 'current')).toHaveLength(2);
      expect(kidsIn(body.keys, 'next')).toHaveLength(2);
    }
    expect(kidsIn((await world.manage.get('/signing-keys')).keys, 'retired').length).toBeLessThanOrEqual(4);
  });
});
