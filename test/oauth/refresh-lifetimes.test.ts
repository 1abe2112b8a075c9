import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { connect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let passed = 0;
beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + passed, settings: { ASSENT_TTL_REFRESH_FAMILY: '1h', ASSENT_TTL_REFRESH_TOKEN: '10m' } });
});
afterAll(() => world.stop());

/** Refreshes every so often; after how long it was refused, or `undefined`. */
async function refreshedEvery(milliseconds: number, { from, until }: { from: number; until: number }): Promise<{ ended: number | undefined; error?: string; last: string }> {
  passed = 0;
  const { tokens, attempt } = await connect(world, world.people.dan);
  let last = tokens.refresh_token;
  for (passed = from; passed <= until; passed += milliseconds) {
    const { status, body } = await refresh(world, attempt.app, last);
    if (status !== 200) return { ended: passed, error: body.error, last };
    last = body.refresh_token;
  }
  return { ended: undefined, last };
}

const MINUTE = 60_000;

test('a refresh token ends when it was not used for its time', async () => {
  expect(await refreshedEvery(11 * MINUTE, { from: 9 * MINUTE, until: 30 * MINUTE })).toMatchObject({ ended: 20 * MINUTE, error: 'invalid_grant' });
});

test('I6 a family ends when its time is over, however often it is refreshed', async () => {
  const { ended, error } = await refreshedEvery(5 * MINUTE, { from: 0, until: 90 * MINUTE });
  expect([ended, error]).toEqual([60 * MINUTE, 'invalid_grant']);
});

test('I6 and nobody carries it beyond that time by refreshing in its last moment, again and again', async () => {
  passed = 0;
  const { tokens, attempt } = await connect(world, world.people.dan);
  let last = tokens.refresh_token;
  for (const minutes of [9, 18, 27, 36, 45, 54]) {
    passed = minutes * MINUTE;
    last = (await refresh(world, attempt.app, last)).body.refresh_token;
  }
  let late = 0;
  for (passed = 60 * MINUTE - 1500; passed < 60 * MINUTE + 10_000; passed += 800) {
    const { status, body } = await refresh(world, attempt.app, last);
    if (status !== 200) break;
    last = body.refresh_token;
    late = passed - 60 * MINUTE;
  }
  expect(late).toBeLessThan(2000);
  expect((await revoke(world, attempt.app, last)).status).toBe(200);
});
