import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { requestOrigin } from '#src/request-origin.ts';
import { openStore } from '#src/storage/open-store.ts';
import { basicAuth, begin } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
/** Of requests alone, not of what the server does by itself. */
let reads = 0;
beforeAll(async () => {
  world = await startWorld({
    openStore: async (...args) => {
      const inner = await openStore(...args);
      const read = (...keys: never[]) => {
        reads += requestOrigin() === undefined ? 0 : 1;
        return inner.read(...keys);
      };
      return { ...inner, read: read as never };
    },
  });
});
afterAll(() => world.stop());

async function readsFor(times: number): Promise<number> {
  const { url, app } = begin(world);
  const body = new URLSearchParams(url.searchParams);
  for (let named = 0; named < times; named += 1) body.append('resource', world.resourceServers.meetings.audience);
  reads = 0;
  const { status } = await fetch(`${world.issuer}/oauth/par`, { method: 'POST', body, headers: { authorization: basicAuth(app) } });
  expect(status).toBe(201);
  return reads;
}

test('xP15 RFC 8707 a resource server that is named a thousand times is looked up once', async () => {
  const once = await readsFor(1);
  expect(await readsFor(1000)).toBeLessThanOrEqual(once);
});
