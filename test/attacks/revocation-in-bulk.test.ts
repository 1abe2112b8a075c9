import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import type { AssentEvent } from '#src/events.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { installationsOfApp } from '#src/installations/installation-store.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { allShards } from '#src/storage/shards.ts';
import { createManagement, type Management } from '#test/support/management.ts';
import { manyTenants } from '#test/support/many-tenants.ts';
import { until } from '#test/support/redis.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';
import { projectRoot } from '#test/support/web.ts';

let world: TwoServers;
let store: RecordStore;
/** At the second server. */
let other: Management;

beforeAll(async () => {
  world = await startTwoServers({ settings: { ASSENT_LOG_LEVEL: 'info' } });
  store = await openStore(world.redis.url, { clock: Date.now, timeoutMs: 20_000 });
  other = await createManagement(world.assent.servers[1]!.url, world.assent.firstOperator);
}, 60_000);
afterAll(async () => {
  await store.close();
  await world.stop();
});

const deps = () => ({ store, clock: Date.now });

const newApp = () =>
  registerApp(
    other,
    { name: 'Everywhere', authMethod: 'client_secret_basic' },
    { redirectUris: ['https://everywhere.example/callback'], permissions: { user: { required: ['meetings:read'] }, tenant: { required: ['rooms:read'] } } },
  );

async function inTenants(count: number): Promise<{ app: string; tenants: TenantId[] }> {
  const { id: app } = await newApp();
  const { liveVersion: version } = await other.get(`/apps/${app}`);
  return { app, tenants: await manyTenants(deps(), { count, app, version, user: world.people.ada.id }) };
}

/** All events of one app, by tenant. */
async function eventsOf(app: string, type: AssentEvent['type']): Promise<string[]> {
  const found = await Promise.all(
    allShards().map(async (shard) => {
      const events: AssentEvent[] = [];
      for (let after = 0; ; ) {
        const entries = await store.follow(shard, after, 500);
        events.push(...entries.map(({ event }) => event as AssentEvent));
        if (entries.length < 500) return events;
        after = entries.at(-1)!.position;
      }
    }),
  );
  return found.flat().flatMap((event) => (event.type === type && 'app' in event && event.app === app ? [String(event.tenant)] : []));
}

const doneAt = async (manage: Management, path: string) => {
  let now: any;
  await until('the revocation is done', async () => (now = await manage.get(path)).status === 'done', 25_000);
  return now;
};

test('xL2 a revocation in all tenants that is killed midway is gone on with by another server, and each tenant is told once', async () => {
  const { app, tenants } = await inTenants(600);
  const started = await world.manage.post(`/apps/${app}/revocations`, { tenants: 'all' });
  expect(started).toMatchObject({ app, what: 'everything', tenants: 'all', status: 'running', looked: 0 });
  const path = `/apps/${app}/revocations/${started.id}`;
  await until('it is under way', async () => (await other.get(path)).looked > 0);
  await world.assent.servers[0]!.kill('SIGKILL');
  const killed = await other.get(path);
  expect(killed.looked).toBeLessThan(600);

  const done = await doneAt(other, path);
  expect(done).toMatchObject({ status: 'done', total: 600, looked: 600, revoked: 600, finishedAt: expect.any(String) });
  expect((await installationsOfApp(deps(), app as AppId, { limit: 10 })).records).toEqual([]);
  expect((await eventsOf(app, 'app.uninstalled')).toSorted()).toEqual(tenants.toSorted());
  expect((await eventsOf(app, 'app.revocation_finished'))).toEqual(['null']);
  for (const tenant of tenants.slice(0, 5)) expect((await other.get(`/tenants/${tenant}/grants?app=${app}`)).items).toEqual([]);
  expect((await other.get(`/apps/${app}/revocations`)).items).toEqual([done]);
}, 60_000);

test('named tenants lose it, all others keep it; what members allowed stays when only installations are taken', async () => {
  const { app, tenants } = await inTenants(5);
  const [first = '', second = '', ...rest] = tenants;
  const { id } = await other.post(`/apps/${app}/revocations`, { what: 'installations', tenants: [first, second, second, 'ten_0000000000000000000000'] });
  expect(await doneAt(other, `/apps/${app}/revocations/${id}`)).toMatchObject({ tenants: 3, total: 3, looked: 3, revoked: 2, what: 'installations' });
  const left = (await installationsOfApp(deps(), app as AppId, { limit: 10 })).records.map(({ value }) => value.tenant);
  expect(left.toSorted()).toEqual(rest.toSorted());

  const again = await other.post(`/apps/${app}/revocations`, { tenants: 'all' });
  expect(await doneAt(other, `/apps/${app}/revocations/${again.id}`)).toMatchObject({ total: 5, looked: 5, revoked: 5 });
  const idle = await other.post(`/apps/${app}/revocations`, { tenants: 'all' });
  expect(await doneAt(other, `/apps/${app}/revocations/${idle.id}`)).toMatchObject({ total: 5, looked: 5, revoked: 0 });
  expect((await eventsOf(app, 'app.uninstalled'))).toHaveLength(2 + 5);
});

test('npm run revoke-app starts one and shows how far it is until it is done', async () => {
  const { app } = await inTenants(3);
  const { id, secret } = world.assent.firstOperator;
  const run = promisify(execFile);
  const env = { PATH: process.env['PATH'], ASSENT_ISSUER: world.assent.servers[1]!.url, ASSENT_OPERATOR_ID: id, ASSENT_OPERATOR_SECRET: secret };
  const { stdout, stderr } = await run(process.execPath, ['scripts/revoke-app.ts', app], { cwd: projectRoot, env });
  expect(stdout).toMatch(new RegExp(`^Revocation job_\\w+ of ${app}\n[^]*3 of 3 tenants looked at, taken out of 3\n$`));
  expect([stderr, stdout.includes(secret)]).toEqual(['', false]);
  expect((await installationsOfApp(deps(), app as AppId, { limit: 10 })).records).toEqual([]);
  await expect(run(process.execPath, ['scripts/revoke-app.ts', app], { cwd: projectRoot, env: { ...env, ASSENT_OPERATOR_SECRET: 'wrong' } })).rejects.toMatchObject({ stderr: expect.stringContaining('answered 401') });
});

test('an app or a job that there is not is not found, and a job is only one of its own app', async () => {
  const { app } = await inTenants(1);
  const { id } = await other.post(`/apps/${app}/revocations`, { tenants: 'all' });
  const { id: stranger } = await newApp();
  for (const path of [`/apps/app_0000000000000000000000/revocations`, `/apps/${stranger}/revocations/${id}`, `/apps/${app}/revocations/job_0000000000000000000000`]) {
    expect([path, (await other.ask('GET', path)).status]).toEqual([path, 404]);
  }
  expect((await other.ask('POST', '/apps/app_0000000000000000000000/revocations', { tenants: 'all' })).status).toBe(404);
  expect((await other.ask('POST', `/apps/${app}/revocations`, { tenants: [] })).status).toBe(400);
});
