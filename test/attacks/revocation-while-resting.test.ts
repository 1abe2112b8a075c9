import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { authorize, begin, connect, exchange, introspect, refresh, revoke } from '#test/support/oauth-flow.ts';
import { forgetApp, install, tenantToken } from '#test/support/tenant-tokens.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const tenant = () => `/tenants/${world.tenants.northwind}`;
const approveFor = (availability: object) => world.manage.post(`${tenant()}/approvals`, { app: world.apps.scheduler.id, availability });

const member = (status: string) => world.manage.change(`${tenant()}/members/${world.people.dan.id}`, { status });
const user = (status: string) => world.manage.put(`/users/${world.people.dan.id}/status`, { status });
const whole = (status: string) => world.manage.put(`${tenant()}/status`, { status });

/** What makes a token rest, and what lets it work again. */
const rests = [
  ['the member is inactive', () => member('inactive'), () => member('active')],
  ['the person is disabled', () => user('disabled'), () => user('active')],
  ['the tenant is suspended', () => whole('suspended'), () => whole('active')],
  ['the app is there for others only', () => approveFor({ kind: 'some', groups: [], members: [world.people.ada.id] }), () => approveFor({ kind: 'everyone' })],
] as const;

test.each(rests)('I2 xR1 an app that revokes its refresh token while %s is out for good', async (_, rest, wake) => {
  await forgetApp(world);
  await approveFor({ kind: 'everyone' });
  const { tokens } = await connect(world, world.people.dan);
  await rest();
  expect((await revoke(world, world.apps.scheduler, tokens.refresh_token)).status).toBe(200);
  await wake();
  expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body.error).toBe('invalid_grant');
});

test.each(rests)('I2 xR1 an access token that is revoked while %s stays dead', async (_, rest, wake) => {
  await forgetApp(world);
  await approveFor({ kind: 'everyone' });
  const { tokens } = await connect(world, world.people.dan);
  await rest();
  expect((await revoke(world, world.apps.scheduler, tokens.access_token)).status).toBe(200);
  await wake();
  expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  // Only this one was taken back.
  expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).status).toBe(200);
});

test.each(rests)('xP2 I2 a code that comes back while %s ends what came of it for good', async (_, rest, wake) => {
  await forgetApp(world);
  await approveFor({ kind: 'everyone' });
  const attempt = begin(world, { parameters: { tenant: world.tenants.northwind } });
  const code = (await authorize(attempt, world.people.dan)).get('code');
  const { body: tokens } = await exchange(world, attempt, code);
  await rest();
  // Without the verifier it is somebody who only saw the code: that ends nothing.
  expect((await exchange(world, { ...attempt, verifier: 'x'.repeat(43) }, code)).body.error).toBe('invalid_grant');
  await wake();
  expect((await introspect(world, tokens.access_token)).body.active).toBe(true);
  await rest();
  expect((await exchange(world, attempt, code)).body.error).toBe('invalid_grant');
  await wake();
  expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body.error).toBe('invalid_grant');
});

test('I2 a tenant token that is revoked while the installation is suspended stays dead', async () => {
  await forgetApp(world);
  await install(world, world.people.ada);
  const own = (await tenantToken(world)).body.access_token;
  const set = (status: string) => world.manage.put(`${tenant()}/installations/${world.apps.scheduler.id}/status`, { status });
  await set('suspended');
  expect((await revoke(world, world.apps.scheduler, own)).status).toBe(200);
  await set('active');
  expect((await introspect(world, own)).body).toEqual({ active: false });
});
