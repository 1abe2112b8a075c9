import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { recentReads, type RecentReads } from '#src/storage/recent-reads.ts';
import { defineKind, put, remove, type Key, type RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { until } from '#test/support/redis.ts';

const THING = defineKind<{ readonly name: string }>('thing', { schema: 1 });

const stores: RecordStore[] = [];
let elsewhere: RecordStore;
let reads: string[];
let recent: RecentReads;
let key: Key<{ readonly name: string }>;
let hold: Promise<void> | undefined;

beforeEach(async () => {
  elsewhere = await openStore('sqlite::memory:', { clock: Date.now });
  stores.push(elsewhere);
  reads = [];
  hold = undefined;
  recent = recentReads({
    ...elsewhere,
    async read(...keys) {
      reads.push(...keys.map(({ id }) => id));
      const records = await elsewhere.read(...keys);
      await hold;
      return records;
    },
  });
  key = { shard: shardOf('x'), kind: THING, id: 'x' };
});

afterAll(() => Promise.all(stores.map((store) => store.close())));

const name = (store: RecordStore, text: string) => store.commit({ shard: key.shard, write: [put(key, { name: text }, { tenant: null })] });
const nameNow = async () => (await recent.readRecent(key))?.value.name;

describe('recent reads', () => {
  it('ask storage once for what many requests ask for, and again within a second', async () => {
    await name(elsewhere, 'old');
    const begun = performance.now();
    expect(await nameNow()).toBe('old');
    expect(await nameNow()).toBe('old');
    expect(reads).toEqual(['x']);
    await name(elsewhere, 'new');
    await until('the change of another process shows', async () => (await nameNow()) === 'new', 1100);
    expect(performance.now() - begun).toBeLessThan(1100);
  });

  it('show at once what this process changed or removed', async () => {
    await name(recent.store, 'old');
    expect(await nameNow()).toBe('old');
    await name(recent.store, 'new');
    expect(await nameNow()).toBe('new');
    await recent.store.commit({ shard: key.shard, write: [remove(key)] });
    expect(await nameNow()).toBeUndefined();
  });

  it('find at once what was just made', async () => {
    expect(await nameNow()).toBeUndefined();
    await name(elsewhere, 'new');
    expect(await nameNow()).toBe('new');
  });

  it('do not keep what was read before a change that came meanwhile', async () => {
    await name(elsewhere, 'old');
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    const reading = nameNow();
    await name(recent.store, 'new');
    resolve();
    expect(await reading).toBe('old');
    expect(await nameNow()).toBe('new');
  });

  describe('beside records that are read as they are now', () => {
    const other = { shard: shardOf('x'), kind: THING, id: 'other' };
    const both = async () => {
      const [[now], [then]] = await recent.readBeside([other], [key]);
      return [now?.value.name, then?.value.name];
    };
    const write = (store: RecordStore, to: typeof key, text: string) => store.commit({ shard: to.shard, write: [put(to, { name: text }, { tenant: null })] });

    it('take one round trip, and ask for the recent ones once in a second', async () => {
      await write(elsewhere, key, 'old');
      await write(elsewhere, other, 'first');
      expect(await both()).toEqual(['first', 'old']);
      await write(elsewhere, key, 'new');
      await write(elsewhere, other, 'second');
      expect(await both()).toEqual(['second', 'old']);
      expect(reads).toEqual(['other', 'x', 'other']);
      await until('the change of another process shows', async () => (await both())[1] === 'new', 1100);
    });

    it('show at once what this process changed, removed or made', async () => {
      expect(await both()).toEqual([undefined, undefined]);
      await write(recent.store, key, 'made');
      expect(await both()).toEqual([undefined, 'made']);
      await write(recent.store, key, 'changed');
      expect(await both()).toEqual([undefined, 'changed']);
      await recent.store.commit({ shard: key.shard, write: [remove(key)] });
      expect(await both()).toEqual([undefined, undefined]);
    });

    it('hide what is made elsewhere for a second at most, and from no reader of one', async () => {
      expect(await both()).toEqual([undefined, undefined]);
      await write(elsewhere, key, 'made');
      expect(await both()).toEqual([undefined, undefined]);
      expect(await nameNow()).toBe('made');
      expect(await both()).toEqual([undefined, 'made']);
    });

    it('do not keep what was read before a change that came meanwhile', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      hold = promise;
      const reading = both();
      await write(recent.store, key, 'new');
      resolve();
      await reading;
      expect(await both()).toEqual([undefined, 'new']);
    });
  });
});
