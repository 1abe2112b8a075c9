import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, begin, post } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
let ahead = 0;
beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + ahead });
});
afterAll(() => world.stop());

test('xP6 a request_uri that two people opened before it expired still gives one code, when both answer long after', async () => {
  const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
  const { body } = await post(world, '/oauth/par', attempt.app, Object.fromEntries(attempt.url.searchParams));
  const url = new URL('/oauth/authorize', world.issuer);
  url.search = String(new URLSearchParams({ client_id: attempt.app.id, request_uri: body.request_uri }));

  const [chloe, ben] = [createHttpBrowser(), createHttpBrowser()];
  const [hers, his] = [await arrive(chloe, { ...attempt, url }, world.people.chloe), await arrive(ben, { ...attempt, url }, world.people.ben)];
  ahead = 20 * 60_000;
  const first = await chloe.submit(hers, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
  const second = await ben.submit(his, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
  expect([first, second].map((page) => page.url.searchParams.has('code'))).toEqual([true, false]);

  const late = await createHttpBrowser().open(url, { stopAt: attempt.app.redirectUri });
  expect(late.status).toBe(400);
});
