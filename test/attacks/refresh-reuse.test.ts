import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { connect, introspect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { startWorld, type TestApp, type World } from '#test/support/world.ts';

const GRACE_SECONDS = 10;
const GRACE_USES = 2;
const GENERATIONS = 5;

let world: World;
let app: TestApp;
let browser: HttpBrowser;
let ahead = 0;

beforeAll(async () => {
  world = await startWorld({
    clock: () => Date.now() + ahead,
    settings: { ASSENT_REFRESH_GRACE_SECONDS: String(GRACE_SECONDS), ASSENT_REFRESH_GRACE_USES: String(GRACE_USES) },
  });
  app = world.apps.scheduler;
  browser = createHttpBrowser();
});
beforeEach(() => {
  ahead = 0;
});
afterAll(() => world.stop());

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const pass = (seconds: number): void => void (ahead += seconds * 1000);
const newTokens = async (): Promise<Tokens> => (await connect(world, world.people.dan, { browser })).tokens;
const isActive = async (token: string): Promise<boolean> => (await introspect(world, token)).body.active;
const isRefused = { status: 400, body: { error: 'invalid_grant' } };

/** A family of several generations, each used after the grace of the one before. */
async function grow(generations = GENERATIONS): Promise<Tokens[]> {
  const family = [await newTokens()];
  while (family.length < generations) {
    const { status, body } = await refresh(world, app, family.at(-1)!.refresh_token);
    if (status !== 200) throw new Error(`refused: ${JSON.stringify(body)}`);
    family.push(body);
    pass(GRACE_SECONDS + 1);
  }
  return family;
}

describe('xP8 I6 reuse of any generation kills the whole family', () => {
  test.each(Array.from({ length: GENERATIONS - 1 }, (_, place) => place + 1))('generation %i of five comes back', async (generation) => {
    const family = await grow();
    expect(await refresh(world, app, family[generation - 1]!.refresh_token)).toMatchObject(isRefused);
    for (const { access_token, refresh_token } of family) {
      expect(await isActive(access_token)).toBe(false);
      expect(await refresh(world, app, refresh_token)).toMatchObject(isRefused);
    }
  });

  test('the live one does not: it goes on', async () => {
    const family = await grow();
    expect((await refresh(world, app, family.at(-1)!.refresh_token)).status).toBe(200);
  });

  test('a family of the same grant does not die with it', async () => {
    const [one, other] = [await grow(2), await grow(2)];
    expect(await refresh(world, app, one[0]!.refresh_token)).toMatchObject(isRefused);
    expect(await isActive(other[1]!.access_token)).toBe(true);
    expect((await refresh(world, app, other[1]!.refresh_token)).status).toBe(200);
  });

  test('looking at a used one, or revoking with another app, is no use of it', async () => {
    const family = await grow(3);
    expect((await introspect(world, family[0]!.refresh_token, { as: app })).body).toEqual({ active: false });
    await revoke(world, world.apps.notes, family[0]!.refresh_token);
    expect(await isActive(family[2]!.access_token)).toBe(true);
  });

  test('a branch taken within the grace ends with the trunk', async () => {
    const first = await newTokens();
    const trunk = await refresh(world, app, first.refresh_token);
    const branch = await refresh(world, app, first.refresh_token);
    expect(branch.body.refresh_token).toBe(trunk.body.refresh_token);
    const next = await refresh(world, app, branch.body.refresh_token);
    // Who took the branch comes back with what it got, two generations on.
    pass(GRACE_SECONDS + 1);
    expect(await refresh(world, app, trunk.body.refresh_token)).toMatchObject(isRefused);
    for (const { access_token } of [first, trunk.body, branch.body, next.body]) expect(await isActive(access_token)).toBe(false);
    expect(await refresh(world, app, next.body.refresh_token)).toMatchObject(isRefused);
  });
});

describe('xP10 the answer to a refresh was lost', () => {
  test('the same token gets the same successor again, and the successor works', async () => {
    const { refresh_token: token } = await newTokens();
    const lost = await refresh(world, app, token);
    pass(GRACE_SECONDS - 1);
    const again = await refresh(world, app, token);
    expect([again.status, again.body.refresh_token]).toEqual([200, lost.body.refresh_token]);
    expect(await isActive(again.body.access_token)).toBe(true);
    expect((await refresh(world, app, again.body.refresh_token)).status).toBe(200);
  });

  test('so many times and no more; the one too many is refused and ends nothing', async () => {
    const { refresh_token: token } = await newTokens();
    const first = await refresh(world, app, token);
    for (let use = 1; use <= GRACE_USES; use += 1) expect((await refresh(world, app, token)).status).toBe(200);
    expect(await refresh(world, app, token)).toMatchObject(isRefused);
    expect((await refresh(world, app, first.body.refresh_token)).status).toBe(200);
  });

  test('once the successor was used, the one before the last is in no grace', async () => {
    const { refresh_token: token } = await newTokens();
    const second = await refresh(world, app, token);
    const third = await refresh(world, app, second.body.refresh_token);
    expect(await refresh(world, app, token)).toMatchObject(isRefused);
    expect(await refresh(world, app, third.body.refresh_token)).toMatchObject(isRefused);
  });

  test('when the grace is over the same token is reuse', async () => {
    const { refresh_token: token } = await newTokens();
    const second = await refresh(world, app, token);
    pass(GRACE_SECONDS);
    expect(await refresh(world, app, token)).toMatchObject(isRefused);
    expect(await isActive(second.body.access_token)).toBe(false);
  });
});

describe('xP9 I6 revocation overrides the grace', () => {
  const revocations: [string, (tokens: { first: Tokens; second: Tokens }) => Promise<unknown>][] = [
    ['the app revokes the live refresh token', ({ second }) => revoke(world, app, second.refresh_token)],
    ['the app revokes the one before, whose answer it lost', ({ first }) => revoke(world, app, first.refresh_token)],
    [
      'an operator revokes the grant',
      async () => {
        const path = `/tenants/${world.tenants.northwind}/grants`;
        const { items } = await world.manage.get(`${path}?user=${world.people.dan.id}`);
        for (const { id } of items) await world.manage.remove(`${path}/${id}`);
      },
    ],
  ];
  test.each(revocations)('%s: within the grace nothing is answered', async (_, take) => {
    const first = await newTokens();
    const { body: second } = await refresh(world, app, first.refresh_token);
    await take({ first, second });
    for (const token of [first.refresh_token, second.refresh_token]) expect(await refresh(world, app, token)).toMatchObject(isRefused);
    for (const token of [first.access_token, second.access_token]) expect(await isActive(token)).toBe(false);
  });
});

test('a token family ends when its time is over, however often it was refreshed', async () => {
  const { tokens } = await connect(world, world.people.dan, { browser });
  let token = tokens.refresh_token;
  // 30 days since its last use, 365 since its first: both by default.
  for (let months = 0; months < 12; months += 1) {
    pass(29 * 24 * 3600);
    const { status, body } = await refresh(world, app, token);
    expect(status).toBe(200);
    token = body.refresh_token;
  }
  pass(18 * 24 * 3600);
  expect(await refresh(world, app, token)).toMatchObject(isRefused);
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
