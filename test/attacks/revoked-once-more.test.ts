import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { connect, introspect, post, refresh, revoke, signIn } from '#test/support/oauth-flow.ts';
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

test('I2 I8 so is a session, and a secret of an app', async () => {
  const [here, there] = [createHttpBrowser(), createHttpBrowser()];
  await signIn(world, there, world.people.dan);
  await signIn(world, here, world.people.dan);
  const page = await here.open(`${world.issuer}/account/security`);
  const links = [...page.html.matchAll(/href="(\/account\/security\/sessions\/[^"]+)"/g)].map(([, path]) => path);
  const confirms = await Promise.all(links.map((path) => here.open(world.issuer + path)));
  const question = confirms.find(({ html }) => html.includes('Sign out there?'))!;
  const confirm = { ...question, forms: question.forms.slice(1) };
  expect((await here.submit(confirm, { button: 'Sign out' })).html).toContain('You were signed out there.');
  let before = durable;
  expect([(await here.submit(confirm, { button: 'Sign out' })).status, durable - before]).toEqual([404, 1]);

  const path = `/apps/${world.apps.scheduler.id}/secrets`;
  await world.manage.post(path);
  const { secrets } = await world.manage.get(`/apps/${world.apps.scheduler.id}`);
  const last = `${path}/${secrets.at(-1).id}`;
  expect((await world.manage.ask('DELETE', last)).status).toBe(200);
  before = durable;
  expect([(await world.manage.ask('DELETE', last)).status, durable - before]).toEqual([404, 1]);
});
