import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';

import { createManagement } from '#test/support/management.ts';
import { connect, introspect, refresh } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

type Key = { readonly kid: string; readonly alg: string; readonly state: string };

let world: World;
let ahead = 0;
const later = (milliseconds: number): void => {
  ahead += milliseconds;
};
beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + ahead });
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

    expect((await world.manage.ask('POST', '/signing-keys/rotation')).status).toBe(409); // not everybody knows the next ones yet
    later(3 * 60_000);
    const after: Key[] = (await world.manage.post('/signing-keys/rotation')).keys;
    expect(kidsIn(after, 'current').toSorted()).toEqual(kidsIn(before, 'next').toSorted());
    expect(kidsIn(after, 'retired').toSorted()).toEqual(kidsIn(before, 'current').toSorted());

    const { body, status } = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect(status).toBe(200);
    expect(kidsIn(after, 'current')).toContain(decodeProtectedHeader(body.id_token).kid);
    await verify(body.id_token);
    await verify(tokens['id_token']);
  });

  test('xY1 I2 one that somebody else may have is removed: published no more, what it signed counts no more, and no request fails meanwhile', async () => {
    const { id, audience } = world.resourceServers.meetings;
    await world.manage.change(`/resource-servers/${id}`, { tokenFormat: 'jwt' });
    const { tokens } = await connect(world, world.people.dan, { parameters: { resource: audience } });
    await world.manage.change(`/resource-servers/${id}`, { tokenFormat: 'opaque' });
    const kid = decodeProtectedHeader(tokens.access_token).kid ?? '';
    expect((await introspect(world, tokens.access_token)).body.active).toBe(true);

    let removed = false;
    const load = Array.from({ length: 3 }, async () => {
      const statuses: number[] = [];
      let renewal = (await connect(world, world.people.ben)).tokens.refresh_token;
      do {
        const { status, body } = await refresh(world, world.apps.scheduler, renewal);
        statuses.push(status);
        if (status === 200) renewal = body.refresh_token;
      } while (!removed);
      return statuses;
    });
    await world.manage.remove(`/signing-keys/${kid}`);
    const idKid = decodeProtectedHeader(tokens['id_token']).kid ?? '';
    await world.manage.remove(`/signing-keys/${idKid}`);
    removed = true;
    expect(new Set((await Promise.all(load)).flat())).toEqual(new Set([200]));

    expect((await published()).map((key) => key['kid'])).not.toEqual(expect.arrayContaining([kid]));
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    await expect(verify(tokens.access_token)).rejects.toThrow();
    const { keys } = await world.manage.get('/signing-keys');
    expect([kidsIn(keys, 'current').length, kidsIn(keys, 'next').length]).toEqual([2, 2]);
    const next = (await refresh(world, world.apps.scheduler, tokens.refresh_token)).body;
    expect(decodeProtectedHeader(next.id_token).kid).not.toBe(idKid);
    await verify(next.id_token);
    expect((await world.manage.ask('DELETE', `/signing-keys/${kid}`)).status).toBe(404);
  });

  test('I7 of several rotations at once one counts and is in the audit trail, and retired keys are kept for a day', async () => {
    later(3 * 60_000);
    const told = async () => (await world.manage.get('/audit?type=signing_key.rotated')).items;
    const before = await told();
    const answers = await Promise.all([1, 2, 3, 4].map(() => world.manage.ask('POST', '/signing-keys/rotation')));
    const [entry, ...earlier] = await told();
    expect(earlier).toEqual(before);
    expect(entry).toMatchObject({ actor: { kind: 'operator' }, from: { via: 'api' }, details: { signing: expect.any(Array) } });
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const { keys } = await world.manage.get('/signing-keys');
    expect([kidsIn(keys, 'current').length, kidsIn(keys, 'next').length, kidsIn(keys, 'retired').length]).toEqual([2, 2, 4]);
    later(25 * 3_600_000);
    const manage = await createManagement(world.issuer, world.assent.firstOperator); // the token of before has ended
    expect(kidsIn((await manage.post('/signing-keys/rotation')).keys, 'retired')).toHaveLength(2);
  });
});
