import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { absent, type RecordStore } from '#src/storage/record-store.ts';
import { mustCommit, newPlace, type Place, write } from '#test/contract/world.ts';
import { type RedisServer, startRedis, until } from '#test/support/redis.ts';
import { startTcpProxy, type TcpProxy } from '#test/support/tcp-proxy.ts';

import { closeAll, openFor, UNAVAILABLE } from './setup.ts';

const TIMEOUT_MS = 300;
let redis: RedisServer;
let proxy: TcpProxy;
let store: RecordStore;
let place: Place;
beforeEach(async () => {
  redis = await startRedis();
  proxy = await startTcpProxy(redis);
  store = await openFor(`redis://127.0.0.1:${proxy.port}`, { timeoutMs: TIMEOUT_MS });
  place = newPlace();
});
afterEach(async () => {
  await closeAll();
  await proxy.close();
  await redis.stop();
});

const answersAgain = () => until('the store answers again', () => store.check().then(() => true, () => false));

async function took(call: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await expect(call()).rejects.toMatchObject(UNAVAILABLE);
  return performance.now() - start;
}

describe('when Redis does not answer', () => {
  test('xR4 every call is storage_unavailable within its deadline, and works again by itself', async () => {
    proxy.dropReplies();
    const calls = [
      () => store.read(place.note()),
      () => store.commit({ shard: place.shard, write: [write(place.note(), 'x')] }),
      () => store.scan({ shard: place.shard, kind: place.note().kind, index: 'by-list', of: 'x', limit: 1 }),
      () => store.follow(place.shard, 0, 1),
      () => store.check(),
    ];
    for (const milliseconds of await Promise.all(calls.map(took))) expect(milliseconds).toBeLessThan(TIMEOUT_MS * 3);
    proxy.heal();
    await answersAgain();
    await mustCommit(store, place, write(place.note('after'), 'x'));
  });

  test('xR3 a commit whose answer is lost is not sent again: it happened once, and a later read tells', async () => {
    await mustCommit(store, place, write(place.note('before'), 'x'));
    await redis.command('config', 'resetstat');
    proxy.cutAtNextReply();
    await took(() => store.commit({ shard: place.shard, expect: [absent(place.note())], write: [write(place.note(), 'once')], events: [{ id: place.name, type: 't' }] }));
    await answersAgain();
    expect(await store.read(place.note())).toMatchObject([{ value: { text: 'once' } }]);
    expect(String(await redis.command('info', 'commandstats'))).toContain('cmdstat_xadd:calls=1,');
    expect((await store.follow(place.shard, 0, 100)).map(({ event }) => event.id)).toEqual([place.name]);
  });

  test('slow replies within the deadline are waited for', async () => {
    proxy.delayReplies(TIMEOUT_MS / 3);
    await mustCommit(store, place, write(place.note(), 'slow'));
    expect(await store.read(place.note())).toMatchObject([{ value: { text: 'slow' } }]);
  });

  test('a short break of the connection is bridged: calls made meanwhile wait for the next one', async () => {
    proxy.cut();
    await until('the break is noticed', () => proxy.connections() === 0);
    await expect(store.read(place.note())).resolves.toEqual([undefined]);
  });

  test('xR4 while nothing can be reached, calls end in time and do not pile up', async () => {
    proxy.refuse();
    await until('the break is noticed', () => proxy.connections() === 0);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = heap();
    const outcomes = { refused: 0, other: 0 };
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 2000 }, () => store.commit({ shard: place.shard, write: [write(place.note(), 'x'.repeat(500))] }));
      for (const call of calls) call.then(() => (outcomes.other += 1), (error) => (error.code === 'storage_unavailable' ? (outcomes.refused += 1) : (outcomes.other += 1)));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until('all calls ended', () => outcomes.refused + outcomes.other === 40_000);
    expect(outcomes).toEqual({ refused: 40_000, other: 0 });
    expect(heap() - before).toBeLessThan(10_000_000);
    proxy.heal();
    await answersAgain();
    expect(await store.read(place.note())).toEqual([undefined]);
  });

  test('xR4 a server that stands still is given up and taken back', async () => {
    redis.pause();
    expect(await took(() => store.read(place.note()))).toBeLessThan(TIMEOUT_MS * 3);
    expect(await took(() => store.commit({ shard: place.shard, write: [write(place.note(), 'x')] }))).toBeLessThan(TIMEOUT_MS * 3);
    redis.resume();
    await answersAgain();
  });

  test('a server that comes back empty of scripts runs them all the same', async () => {
    await redis.command('script', 'flush');
    await Promise.all(Array.from({ length: 20 }, (_, number) => mustCommit(store, place, write(place.note(String(number)), 'x'))));
    await redis.kill();
    await redis.restart();
    await answersAgain();
    await mustCommit(store, place, write(place.note('again'), 'x'));
    expect((await store.read(place.note('19'), place.note('again'))).map((record) => record?.value.text)).toEqual(['x', 'x']);
  });

  test('errors of the server carry no record into the log', async () => {
    await redis.command('set', `{s${place.shard}}:counter`, 'not a number');
    const error = await store.commit({ shard: place.shard, write: [write(place.note(), 'a secret')] }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ ...UNAVAILABLE, cause: undefined });
    expect(JSON.stringify(error)).not.toContain('a secret');
  });

  test('a store cannot be opened where nothing answers', async () => {
    proxy.refuse();
    await expect(openFor(`redis://127.0.0.1:${proxy.port}`, { timeoutMs: 100 })).rejects.toMatchObject(UNAVAILABLE);
  });

  test('a closed store answers nothing', async () => {
    await store.close();
    await took(() => store.read(place.note()));
    await took(() => store.commit({ shard: place.shard, write: [] }));
  });
});
