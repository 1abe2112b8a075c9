import { expect, test } from '@jest/globals';

import { absent, consume, unchanged, unconsumed } from '#src/storage/record-store.ts';

import { mustCommit, newPlace, type World, write } from '../world.ts';

const RACERS = 50;
const times = <T>(count: number, make: (number: number) => T): T[] => Array.from({ length: count }, (_, number) => make(number));

export function raceLaws(world: () => World): void {
  test('of fifty commits that expect a record to be absent, over two stores, exactly one holds', async () => {
    const { store, other } = world();
    const place = newPlace();
    const key = place.note();
    const results = await Promise.all(
      times(RACERS, (number) =>
        (number % 2 ? store : other).commit({ shard: place.shard, expect: [absent(key)], write: [write(key, String(number))], events: [{ id: `${place.name}/${number}`, type: 't' }], durable: true }),
      ),
    );
    const winner = results.findIndex(({ ok }) => ok);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await store.read(key))[0]?.value.text).toBe(String(winner));
    const mine = (await store.follow(place.shard, 0, 100_000)).filter(({ event }) => event.id.startsWith(place.name));
    expect(mine.map(({ event }) => event.id)).toEqual([`${place.name}/${winner}`]);
  });

  test('a record is consumed once, however many race', async () => {
    const { store, other } = world();
    const place = newPlace();
    const key = place.token();
    await mustCommit(store, place, write(key, 'code'));
    const redeem = { shard: place.shard, expect: [unconsumed(key)], write: [consume(key)], durable: true };
    const results = await Promise.all(times(RACERS, (number) => (number % 2 ? store : other).commit(redeem)));
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
  });

  test('counting by read and conditional write loses no step', async () => {
    const { store, other } = world();
    const place = newPlace();
    const key = place.note();
    await mustCommit(store, place, write(key, '0'));
    await Promise.all(
      times(8, async (number) => {
        const mine = number % 2 ? store : other;
        for (let step = 0; step < 10; ) {
          const [record] = await mine.read(key);
          const result = await mine.commit({ shard: place.shard, expect: [unchanged(record!)], write: [write(key, String(Number(record!.value.text) + 1))] });
          if (result.ok) step += 1;
        }
      }),
    );
    expect((await store.read(key))[0]?.value.text).toBe('80');
  });

  test('a reader never sees half of a commit', async () => {
    const { store, other } = world();
    const place = newPlace();
    const [left, right] = [place.note('left'), place.note('right')];
    await mustCommit(store, place, write(left, '0'), write(right, '0'));
    let writing = true;
    const writer = (async () => {
      for (let number = 1; number <= 100; number += 1) await mustCommit(store, place, write(left, String(number)), write(right, String(number)));
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      const [one, two] = await other.read(left, right);
      expect(one!.version).toBe(two!.version);
      expect(one!.value.text).toBe(two!.value.text);
      reads += 1;
      await new Promise(setImmediate);
    }
    await writer;
    expect(reads).toBeGreaterThan(0);
  });

  test('a failing commit in a crowd hurts none of the others', async () => {
    const { store } = world();
    const places = times(100, newPlace);
    const results = await Promise.all(
      places.map((place, number) => store.commit({ shard: place.shard, expect: number % 3 ? [] : [unconsumed(place.note('nowhere'))], write: [write(place.note(), 'x')] })),
    );
    const records = await store.read(...places.map((place) => place.note()));
    for (const [number, result] of results.entries()) {
      expect(result.ok).toBe(number % 3 !== 0);
      expect(records[number] !== undefined).toBe(result.ok);
    }
  });
}
