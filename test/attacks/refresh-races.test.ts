import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { atOnce, spread } from '#test/support/at-once.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { basicAuth, connect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let browser: HttpBrowser;
let servers: readonly string[];

beforeAll(async () => {
  world = await startTwoServers();
  ({ servers } = world);
  browser = createHttpBrowser();
}, 60_000);
afterAll(() => world.stop());

const app = () => world.apps.scheduler;
const newTokens = async () => (await connect(world, world.people.dan, { browser })).tokens;
const tokenEndpoint = () => new URL('/oauth/token', world.issuer);
const refreshing = (token: string) => ({
  form: { grant_type: 'refresh_token', refresh_token: token },
  headers: { authorization: basicAuth(app()) },
});

describe('xP7 I6 one refresh token at two servers', () => {
  test('used five times in the same instant it has one successor, whoever is answered; 20 rounds', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { refresh_token: token } = await newTokens();
      const answers = await atOnce(spread(servers, 5, tokenEndpoint(), refreshing(token)));
      const given = answers.filter(({ status }) => status === 200);
      // One use and at most two answers within the grace.
      expect(given.length).toBeGreaterThanOrEqual(1);
      expect(given.length).toBeLessThanOrEqual(3);
      for (const { status } of answers) expect([200, 400]).toContain(status);
      for (const { body } of answers.filter(({ status }) => status === 400)) expect(body.error).toBe('invalid_grant');
      const successors = new Set(given.map(({ body }) => body.refresh_token as string));
      expect(successors.size).toBe(1);
      const [successor = ''] = successors;
      expect(successor).not.toBe(token);
      expect((await refresh(world, app(), successor, { at: servers[round % 2] })).status).toBe(200);
    }
  }, 60_000);

  test('a chain raced at every link stays one chain', async () => {
    let { refresh_token: token } = await newTokens();
    for (let link = 0; link < 10; link += 1) {
      const answers = await atOnce(spread(servers, 3, tokenEndpoint(), refreshing(token)));
      const successors = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.refresh_token as string));
      expect(successors.size).toBe(1);
      [token = ''] = successors;
    }
    expect((await refresh(world, app(), token)).status).toBe(200);
  });
});

test('xP9 I2 revoked in the same instant as it is used, nothing that came of it lives on; 15 rounds', async () => {
  for (let round = 0; round < 15; round += 1) {
    const tokens = await newTokens();
    const [use, other, revocation] = await atOnce([
      ...spread(servers, 2, tokenEndpoint(), refreshing(tokens.refresh_token)),
      { url: new URL('/oauth/revoke', servers[round % 2]), form: { token: tokens.refresh_token }, headers: { authorization: basicAuth(app()) } },
    ]);
    expect(revocation?.status).toBe(200);
    for (const answer of [use, other]) {
      if (answer?.status !== 200) continue;
      expect(await world.isActiveAnywhere(answer.body.access_token)).toBe(false);
      expect((await refresh(world, app(), answer.body.refresh_token)).body.error).toBe('invalid_grant');
    }
    expect(await world.isActiveAnywhere(tokens.access_token)).toBe(false);
    for (const server of servers) expect((await refresh(world, app(), tokens.refresh_token, { at: server })).body.error).toBe('invalid_grant');
  }
}, 60_000);

test('xP9 I3 revoked at one server, it is dead at the other with the next request, grace or no grace', async () => {
  const tokens = await newTokens();
  const next = await refresh(world, app(), tokens.refresh_token, { at: servers[0] });
  expect((await revoke(world, app(), next.body.refresh_token, { at: servers[0] })).status).toBe(200);
  for (const token of [tokens.refresh_token, next.body.refresh_token]) {
    expect((await refresh(world, app(), token, { at: servers[1] })).body.error).toBe('invalid_grant');
  }
  for (const token of [tokens.access_token, next.body.access_token]) expect(await world.isActiveAnywhere(token)).toBe(false);
});

test('I10 nothing broke, and the logs hold no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
