import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { RecordStore } from '#src/storage/record-store.ts';
import { mustCommit, newPlace, type Place, write } from '#test/contract/world.ts';
import { freePort, type RedisCluster, type RedisServer, startRedis, startRedisCluster, until } from '#test/support/redis.ts';

import { closeAll, openFor, UNAVAILABLE } from './setup.ts';

let cluster: RedisCluster;
let store: RecordStore;
beforeAll(async () => {
  cluster = await startRedisCluster({ settings: { 'repl-diskless-sync-delay': 0 } });
  store = await openFor(cluster.url, { timeoutMs: 1000 });
});
afterAll(async () => {
  await closeAll();
  await cluster.stop();
});

const slotOf = async (place: Place) => Number(await cluster.nodes[0]!.command('cluster', 'keyslot', `{s${place.shard}}`));
const holder = async (place: Place) => Math.min(2, Math.floor((await slotOf(place)) / 5461));

async function placeOn(node: number): Promise<Place> {
  for (;;) {
    const place = newPlace();
    if ((await holder(place)) === node) return place;
  }
}

const calls = async (server: RedisServer, command: string): Promise<number> =>
  Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(await server.command('info', 'commandstats')))?.[1] ?? 0);

describe('the store on a Redis Cluster', () => {
  test('a slot that moved to another master is found there, by calls that are under way too', async () => {
    const place = await placeOn(0);
    const slot = await slotOf(place);
    const [from, to] = [cluster.nodes[0]!, cluster.nodes[1]!];
    const target = String(await to.command('cluster', 'myid'));
    await Promise.all(cluster.nodes.map((node) => node.command('cluster', 'setslot', slot, 'node', target)));
    expect(await from.command('cluster', 'countkeysinslot', slot)).toBe(0);

    await Promise.all(Array.from({ length: 30 }, (_, number) => mustCommit(store, place, write(place.note(String(number)), 'x'))));
    expect((await store.read(place.note('0'), place.note('29'))).map((record) => record?.value.text)).toEqual(['x', 'x']);
    expect(await to.command('cluster', 'countkeysinslot', slot)).toBeGreaterThan(30);
  });

  test('xR1 a durable commit waits for the replicas of its own node, never for those of another', async () => {
    const [first, second] = [cluster.nodes[0]!, cluster.nodes[1]!];
    const replica = await startRedis({ settings: { 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf', 'cluster-port': await freePort() } });
    try {
      const bus = ((await first.command('config', 'get', 'cluster-port')) as string[])[1]!;
      await replica.command('cluster', 'meet', '127.0.0.1', first.port, bus);
      const master = String(await first.command('cluster', 'myid'));
      await until('the replica knows its master', () => replica.command('cluster', 'replicate', master).then(() => true, () => false));
      await until('the replica is online', async () => /state=online/.test(String(await first.command('info', 'replication'))));

      const careful = await openFor(cluster.url, { replicas: 1, timeoutMs: 1000 });
      const [with_, without] = [await placeOn(0), await placeOn(1)];
      const commit = (place: Place) => careful.commit({ shard: place.shard, write: [write(place.note(), 'x')], durable: true });
      await until('a durable commit is acknowledged', () => commit(with_).then(() => true, () => false));
      const before = await Promise.all([calls(first, 'wait'), calls(second, 'wait')]);
      const results = await Promise.allSettled(Array.from({ length: 12 }, (_, number) => commit(number % 2 ? with_ : without)));
      expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, (_, number) => (number % 2 ? 'fulfilled' : 'rejected')));
      expect((await Promise.all([calls(first, 'wait'), calls(second, 'wait')])).map((now, node) => now - before[node]!)).toEqual([1, 1]);
    } finally {
      await replica.stop();
    }
  });

  test('xR4 while a node is down its shards are storage_unavailable in time, and they work again by themselves', async () => {
    const place = await placeOn(2);
    await mustCommit(store, place, write(place.note(), 'kept'));
    await cluster.nodes[2]!.kill();
    const start = performance.now();
    await expect(store.read(place.note())).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.commit({ shard: place.shard, write: [write(place.note(), 'lost')] })).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
    expect(performance.now() - start).toBeLessThan(6000);

    await cluster.nodes[2]!.restart();
    await until('the shard works again', () => store.commit({ shard: place.shard, write: [write(place.note('after'), 'x')] }).then(({ ok }) => ok, () => false));
    expect((await store.read(place.note(), place.note('after'))).map((record) => record?.value.text)).toEqual(['kept', 'x']);
    await until('every server answers', () => store.check().then(() => true, () => false));
  });
});
