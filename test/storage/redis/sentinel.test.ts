import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { mustCommit, newPlace, write } from '#test/contract/world.ts';
import { startSentinel, until } from '#test/support/redis.ts';

import { closeAll, openFor } from './setup.ts';

let world: Awaited<ReturnType<typeof startSentinel>>;
beforeAll(async () => void (world = await startSentinel()));
afterAll(async () => {
  await closeAll();
  await world.stop();
});

test('xR1 after a failover every durable commit that was acknowledged is there, on the new master', async () => {
  const store = await openFor(world.url, { replicas: 1, timeoutMs: 1000 });
  const place = newPlace();
  const acknowledged: string[] = [];
  const commit = (id: string) => store.commit({ shard: place.shard, write: [write(place.note(id), id)], durable: true }).then(() => void acknowledged.push(id));
  await until('durable commits are acknowledged', () => commit('first').then(() => true, () => false));
  await Promise.all(Array.from({ length: 200 }, (_, number) => commit(String(number))));

  const [newest] = await store.read(place.note('199'));
  const underWay = Array.from({ length: 50 }, (_, number) => commit(`under way ${number}`).catch(() => {}));
  await world.master.kill();
  await Promise.all(underWay);

  await until('the store answers from the new master', () => mustCommit(store, place, write(place.note('new'), 'x')).then(() => true, () => false), 45_000);
  expect(String(await world.replica.command('info', 'replication'))).toContain('role:master');
  const records = await store.read(...acknowledged.map((id) => place.note(id)));
  const [afterwards] = await store.read(place.note('new'));
  expect(afterwards!.version).toBeGreaterThan(newest!.version + 1000);
  expect(acknowledged.length).toBeGreaterThan(200);
  expect(acknowledged.filter((_, number) => records[number] === undefined)).toEqual([]);
}, 70_000);
