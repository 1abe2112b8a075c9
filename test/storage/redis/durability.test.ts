import { afterEach, describe, expect, test } from '@jest/globals';

import { unavailable, UnusableStore } from '#src/storage/unavailable.ts';
import { newPlace, write } from '#test/contract/world.ts';
import { startRedis, startReplicaPair, until } from '#test/support/redis.ts';

import { closeAll, openFor, UNAVAILABLE } from './setup.ts';

const running: { stop(): Promise<void> }[] = [];
const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
  running.push(server);
  return server;
};
afterEach(async () => {
  await closeAll();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

describe('durability on Redis', () => {
  test.each([
    ['xU1 without an append-only file', { appendonly: 'no' }, 'appendonly yes'],
    ['xU1 that writes it to disk once a second', { appendfsync: 'everysec' }, 'appendfsync always'],
    ['xU1 that leaves out the disk while it rewrites the file', { 'no-appendfsync-on-rewrite': 'yes' }, 'no-appendfsync-on-rewrite no'],
    ['xU1 that evicts when memory is short', { maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' }, 'maxmemory-policy noeviction'],
  ])('%s, a server is refused with what to set', async (_, settings, words) => {
    const redis = keep(await startRedis({ settings }));
    const refusal = openFor(redis.url);
    await expect(refusal).rejects.toBeInstanceOf(UnusableStore);
    await expect(refusal).rejects.toThrow(words);
  });

  test('a replica is refused', async () => {
    const { replica } = keep(await startReplicaPair());
    await expect(openFor(replica.url)).rejects.toThrow('is a replica');
  });

  test('with allowUnsafe a server without a safe disk is used, with a warning, and one that evicts is not', async () => {
    const redis = keep(await startRedis({ durability: 'none' }));
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (_: object, words: string) => void warnings.push(words), error: () => {} };
    const store = await openFor(redis.url, { allowUnsafe: true, log });
    await store.check();
    expect(warnings).toEqual([expect.stringContaining('appendonly yes')]);
    await redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
    await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
    await expect(openFor(redis.url, { allowUnsafe: true })).rejects.toThrow('maxmemory-policy noeviction');
  });

  test('settings that become unsafe while it runs are noticed, and so is their repair', async () => {
    const redis = keep(await startRedis());
    const store = await openFor(redis.url);
    const place = newPlace();
    await redis.command('config', 'set', 'appendonly', 'no');
    await expect(store.check()).rejects.toMatchObject({ ...UNAVAILABLE, logDetail: expect.stringContaining('appendonly yes') });
    await expect(store.commit({ shard: place.shard, write: [write(place.note(), 'x')] })).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.read(place.note())).rejects.toMatchObject(UNAVAILABLE);
    await redis.command('config', 'set', 'appendonly', 'yes');
    await store.check();
    expect(await store.read(place.note())).toEqual([undefined]);
  });

  test('xR1 every acknowledged commit outlives kill -9 of the server', async () => {
    const redis = keep(await startRedis());
    const store = await openFor(redis.url);
    const place = newPlace();
    const acknowledged: string[] = [];
    let running = true;
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      for (let number = 0; running; number += 1) {
        const id = `${writer}/${number}`;
        try {
          await store.commit({ shard: place.shard, write: [write(place.note(id), { text: id, lists: [[place.name, id]] })], events: [{ id, type: 't' }], durable: true });
          acknowledged.push(id);
        } catch {
          return;
        }
      }
    });
    await until('a good number of commits are acknowledged', () => acknowledged.length > 300);
    await redis.kill();
    running = false;
    await Promise.all(writers);
    await redis.restart();
    await until('the store answers again', () => store.check().then(() => true, () => false));
    const records = await store.read(...acknowledged.map((id) => place.note(id)));
    expect(acknowledged.filter((_, number) => records[number] === undefined)).toEqual([]);
    const events = new Set((await store.follow(place.shard, 0, 1_000_000)).map(({ event }) => event.id));
    expect(acknowledged.filter((id) => !events.has(id))).toEqual([]);
  });

  test('xR1 a durable commit is acknowledged only when the replicas hold it; others do not wait', async () => {
    const { master, replica } = keep(await startReplicaPair());
    const store = await openFor(master.url, { replicas: 1, timeoutMs: 1000 });
    const place = newPlace();
    const commit = (id: string, durable: boolean) => store.commit({ shard: place.shard, write: [write(place.note(id), id)], durable });
    await until('a durable commit is acknowledged', () => commit('first', true).then(() => true, () => false));
    await expect(Promise.all(Array.from({ length: 50 }, (_, number) => commit(`with replica ${number}`, true)))).resolves.toHaveLength(50);

    replica.pause();
    const [durable, plain] = await Promise.allSettled([commit('durable', true), commit('plain', false)]);
    expect(durable).toMatchObject({ reason: { ...UNAVAILABLE, logDetail: expect.stringContaining('replicas') } });
    expect(plain).toMatchObject({ value: { ok: true } });
    await expect(store.check()).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.read(place.note('plain'))).toMatchObject([{ value: { text: 'plain' } }]);

    replica.resume();
    await until('durable commits are acknowledged again', () => commit('after', true).then(() => true, () => false));
  });

  test('a thousand durable commits at once share their waiting', async () => {
    const { master } = keep(await startReplicaPair());
    const store = await openFor(master.url, { replicas: 1 });
    const places = Array.from({ length: 1000 }, newPlace);
    const results = await Promise.all(places.map((place) => store.commit({ shard: place.shard, write: [write(place.note(), 'x')], durable: true })));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1000);
    const waits = /cmdstat_wait:calls=(\d+)/.exec(String(await master.command('info', 'commandstats')))?.[1];
    expect(Number(waits)).toBeLessThan(50);
  });

  test('the reason of a refusal is for the log, not for the caller', () => {
    const error = unavailable('the password of the server is wrong');
    expect(JSON.stringify([error.message, error.detail])).not.toContain('password');
  });
});
