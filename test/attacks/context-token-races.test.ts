import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { EXCHANGE, JWT, launchSite, type LaunchSite } from '#test/launches/site.ts';
import { atOnce, spread } from '#test/support/at-once.ts';
import { basicAuth, connect, introspect } from '#test/support/oauth-flow.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let site: LaunchSite;
let servers: readonly string[];

beforeAll(async () => {
  world = await startTwoServers({ durability: 'none', settings: { ASSENT_REDIS_ALLOW_UNSAFE: 'true' } });
  site = await launchSite(world);
  ({ servers } = world);
  await connect(world, world.people.ben);
});
afterAll(() => world.stop());

test('xX1 S10 a context token that is exchanged five times at once over two servers is exchanged once', async () => {
  const headers = { authorization: basicAuth(world.apps.scheduler) };
  for (let round = 0; round < 8; round += 1) {
    const { context_token: token } = await site.launch(world.people.ben);
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT };
    const replies = await atOnce(spread(servers, 5, new URL('/oauth/token', world.issuer), { form, headers }));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400, 400]);
    expect(replies.filter(({ status }) => status === 400).every(({ body }) => body.error === 'invalid_grant')).toBe(true);
    const given = replies.find(({ status }) => status === 200)!.body.access_token;
    for (const at of servers) expect((await introspect(world, given, { at })).body.active).toBe(true);
  }
});

test('S10 what one server minted, another exchanges', async () => {
  for (const [place, at] of servers.entries()) {
    const { context_token: token } = await site.launch(world.people.ben);
    expect([place, (await site.exchange(token, {}, world.apps.scheduler, at)).status]).toEqual([place, 200]);
  }
});
