import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { AssentProcess } from '#test/support/assent-server.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { connect, introspect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { until } from '#test/support/redis.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
let browser: HttpBrowser;

beforeAll(async () => {
  world = await startTwoServers({ settings: { ASSENT_LOG_LEVEL: 'warn' } });
  browser = createHttpBrowser();
}, 60_000);
afterAll(() => world.stop());

const app = () => world.apps.scheduler;
const connected = async () => (await connect(world, world.people.dan, { browser })).tokens;
const server = (place: number): AssentProcess => world.assent.servers[place % 2]!;

/** What a server says of the token as soon as it says anything. */
async function isActive(token: string, at: string): Promise<boolean> {
  let said: boolean | undefined;
  await until('the server answers', async () => {
    const answer = await introspect(world, token, { at }).catch(() => undefined);
    said = answer?.status === 200 ? answer.body.active : undefined;
    return said !== undefined;
  });
  return said === true;
}

describe('xK1 xR1 I2 what was acknowledged stays revoked', () => {
  test('when Redis is killed in the moment of the acknowledgement; 4 rounds', async () => {
    for (let round = 0; round < 4; round += 1) {
      const tokens = await connected();
      const { status } = await revoke(world, app(), tokens.refresh_token, { at: server(round).url });
      await world.redis.kill();
      expect(status).toBe(200);
      await world.redis.restart();
      for (const place of [0, 1]) expect(await isActive(tokens.access_token, server(place).url)).toBe(false);
      expect((await refresh(world, app(), tokens.refresh_token)).body.error).toBe('invalid_grant');
    }
  }, 60_000);

  test('xP11 I8 when Redis is killed in the middle of it the answer is not 200 unless it stays so, and what it is never flips back; 4 rounds', async () => {
    for (let round = 0; round < 4; round += 1) {
      const tokens = await connected();
      const [answer] = await Promise.all([
        revoke(world, app(), tokens.refresh_token, { at: server(round).url }).catch(() => undefined),
        new Promise((resolve) => setTimeout(resolve, round * 2)).then(() => world.redis.kill()),
      ]);
      await world.redis.restart();
      expect([200, 503, undefined]).toContain(answer?.status);
      const first = await isActive(tokens.access_token, server(round).url);
      if (answer?.status === 200) expect(first).toBe(false);
      expect(await isActive(tokens.access_token, server(round + 1).url)).toBe(first);
      // Asked for again, it is so.
      await until('it is revoked', async () => (await revoke(world, app(), tokens.refresh_token)).status === 200);
      expect(await isActive(tokens.access_token, server(round).url)).toBe(false);
    }
  }, 60_000);

  test('when the server that acknowledged it is killed in that moment', async () => {
    const tokens = await connected();
    const { status } = await revoke(world, app(), tokens.refresh_token, { at: server(1).url });
    await server(1).kill('SIGKILL');
    expect(status).toBe(200);
    expect(await isActive(tokens.access_token, server(0).url)).toBe(false);
    expect((await refresh(world, app(), tokens.refresh_token)).body.error).toBe('invalid_grant');
    await server(1).restart();
    expect(await isActive(tokens.access_token, server(1).url)).toBe(false);
  }, 60_000);
});
