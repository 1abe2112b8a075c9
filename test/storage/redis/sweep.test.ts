import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { GARBAGE_SLACK_MS } from '#src/storage/garbage.ts';
import { openLane } from '#src/storage/redis/lane.ts';
import { openLink } from '#src/storage/redis/link.ts';
import { sweepShard } from '#src/storage/redis/sweep.ts';
import { parseStoreUrl } from '#src/storage/store-url.ts';
import { mustCommit, newPlace, write } from '#test/contract/world.ts';
import { type RedisServer, startRedis } from '#test/support/redis.ts';

import { closeAll, openFor } from './setup.ts';

let redis: RedisServer;
beforeAll(async () => void (redis = await startRedis()));
afterAll(async () => {
  await closeAll();
  await redis.stop();
});

test('sweeping drops expired records with their index entries, and nothing that lives', async () => {
  let now = Date.now();
  const clock = () => now;
  const store = await openFor(redis.url, { clock });
  const place = newPlace();
  const listed = (id: string, expiresAt: number | null) => write(place.note(id), { text: id, lists: [[place.name, id], [place.name, `${id}'`]] }, expiresAt);
  const soon = now + 1000;
  await mustCommit(store, place, ...Array.from({ length: 450 }, (_, number) => listed(`gone ${number}`, soon)));
  await mustCommit(store, place, listed('renewed', soon), listed('kept', null), listed('unlisted', soon), listed('later', soon + GARBAGE_SLACK_MS));
  await mustCommit(store, place, listed('renewed', soon + 2 * GARBAGE_SLACK_MS), write(place.note('unlisted'), 'x', soon + 2 * GARBAGE_SLACK_MS));

  const url = parseStoreUrl(redis.url);
  if (url.engine !== 'redis') throw new Error('not Redis');
  const link = openLink(url, { timeoutMs: 2000, replicas: 0, allowUnsafe: false, log: undefined });
  const lane = openLane(link, { timeoutMs: 2000, confirms: false });
  const shard = `{s${place.shard}}`;
  const counts = async () => [await redis.command('zcard', `${shard}:index`), await redis.command('zcard', `${shard}:expiry`), ((await redis.command('keys', `${shard}note:*`)) as string[]).length];

  expect(await counts()).toEqual([906, 452, 454]);
  now = soon + GARBAGE_SLACK_MS - 1;
  await sweepShard({ lane, clock }, place.shard);
  expect(await counts()).toEqual([906, 452, 454]);
  now = soon + GARBAGE_SLACK_MS;
  await sweepShard({ lane, clock }, place.shard);
  expect(await counts()).toEqual([6, 2, 4]);
  const { records } = await store.scan({ shard: place.shard, kind: place.note().kind, index: 'by-list', of: place.name, limit: 10 });
  expect(records.map(({ value }) => value.text)).toEqual(['kept', 'kept', 'renewed', 'renewed']);

  lane.close();
  link.close();
});

test('Redis itself drops expired records without index entries, some time after their expiry', async () => {
  const store = await openFor(redis.url);
  const place = newPlace();
  await mustCommit(store, place, write(place.token(), 'x', Date.now() + 60_000), write(place.token('for ever'), 'x'));
  const remaining = (await redis.command('pttl', `{s${place.shard}}token:${place.name}/1`)) as number;
  expect(remaining).toBeGreaterThan(59_000 + GARBAGE_SLACK_MS);
  expect(remaining).toBeLessThanOrEqual(60_000 + GARBAGE_SLACK_MS);
  expect(await redis.command('pttl', `{s${place.shard}}token:${place.name}/for ever`)).toBe(-1);
});
