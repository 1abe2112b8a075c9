import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { connect, introspect, post, refresh, revoke } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
/** Commits that were answered only when they were on disk. */
let durable = 0;
beforeAll(async () => {
  world = await startWorld({
    async openStore(...place) {
      const store = await openStore(...place);
      return { ...store, commit: (change) => ((durable += change.durable ? 1 : 0), store.commit(change)) };
    },
  });
});
afterAll(() => world.stop());

/** Who heard 503 asks again; the token is gone by then, and 200 has to mean that it is gone on disk. */
test('I2 I8 xP11 a token that is revoked once more, because the answer was lost say, is gone on disk before it is said', async () => {
  const { scheduler } = world.apps;
  const { tokens } = await connect(world, world.people.dan);
  const { body: own } = await post(world, '/oauth/token', scheduler, { grant_type: 'client_credentials' });
  for (const token of [tokens.access_token, own.access_token, tokens.refresh_token]) {
    for (const time of ['first', 'once more', 'and again']) {
      const before = durable;
      expect([time, (await revoke(world, scheduler, token)).status]).toEqual([time, 200]);
      expect([time, durable - before]).toEqual([time, 1]);
    }
  }
  expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  expect((await refresh(world, scheduler, tokens.refresh_token)).body.error).toBe('invalid_grant');
});
