import { expect, test } from '@jest/globals';

import { remove } from '#src/storage/record-store.ts';

import { mustCommit, newPlace, type World, write } from '../world.ts';

export function readLaws(world: () => World): void {
  test('a read answers in the order of its keys, over shards, with repeats and with what is absent', async () => {
    const { store } = world();
    const places = Array.from({ length: 12 }, newPlace);
    await Promise.all(places.map((place) => mustCommit(store, place, write(place.note(), place.name))));
    const missing = newPlace().note();
    const keys = [...places.map((place) => place.note()), missing, places[0]!.note()];
    const records = await store.read(...keys);
    expect(records.map((record) => record?.value.text)).toEqual([...places.map(({ name }) => name), undefined, places[0]!.name]);
    expect(await store.read()).toEqual([]);
  });

  test('every store sees a commit as soon as it is acknowledged', async () => {
    const { store, other } = world();
    for (let round = 0; round < 50; round += 1) {
      const place = newPlace();
      await mustCommit(store, place, write(place.note(), 'x'));
      expect((await other.read(place.note()))[0]?.value.text).toBe('x');
      await mustCommit(other, place, remove(place.note()));
      expect(await store.read(place.note())).toEqual([undefined]);
    }
  });

  test('values come back as they were put, large ones and odd ones too', async () => {
    const { store } = world();
    const place = newPlace();
    const texts = ['', '\0\x01\x02\x7f', 'ünïcödé 🦉 \u2028', '\ud800 alone', '"\\ \n', 'x'.repeat(1_000_000), '{"not":"parsed"}'];
    await mustCommit(store, place, ...texts.map((text, number) => write(place.note(String(number)), text)));
    const records = await store.read(...texts.map((_, number) => place.note(String(number))));
    expect(records.map((record) => record?.value.text)).toEqual(texts);
  });

  test('the store proves that it answers', async () => {
    await expect(world().store.check()).resolves.toBeUndefined();
  });
}
