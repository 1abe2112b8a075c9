import { expect, test } from '@jest/globals';

import { absent } from '#src/storage/record-store.ts';

import { newPlace, type World, write } from '../world.ts';

export function eventLaws(world: () => World): void {
  test('events are in the log exactly when their commit happened, in its order, with all they say', async () => {
    const { store } = world();
    const place = newPlace();
    const start = (await store.follow(place.shard, 0, 100_000)).at(-1)?.position ?? 0;
    const change = {
      shard: place.shard,
      expect: [absent(place.note())],
      write: [write(place.note(), 'x')],
      events: [
        { id: `${place.name}/1`, type: 'note.made', who: { kind: 'user', id: 'usr_ü' } },
        { id: `${place.name}/2`, type: 'note.listed' },
      ],
    };
    await store.commit(change);
    await store.commit(change);
    await store.commit({ shard: place.shard, write: [], events: [{ id: `${place.name}/3`, type: 'note.seen' }] });
    const log = await store.follow(place.shard, start, 100);
    expect(log.map(({ event }) => event)).toEqual([...change.events, { id: `${place.name}/3`, type: 'note.seen' }]);
  });

  test('positions rise; following from one gives what came after it, oldest first, no more than asked', async () => {
    const { store } = world();
    const { shard, name } = newPlace();
    const start = (await store.follow(shard, 0, 100_000)).at(-1)?.position ?? 0;
    for (let number = 0; number < 5; number += 1) {
      await store.commit({ shard, write: [], events: [{ id: `${name}/${number}a`, type: 't' }, { id: `${name}/${number}b`, type: 't' }] });
    }
    const all = await store.follow(shard, start, 100);
    expect(all.map(({ event }) => event.id)).toEqual([0, 1, 2, 3, 4].flatMap((number) => [`${name}/${number}a`, `${name}/${number}b`]));
    const positions = all.map(({ position }) => position);
    expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b));
    expect(await store.follow(shard, all[2]!.position, 4)).toEqual(all.slice(3, 7));
    expect(await store.follow(shard, all.at(-1)!.position, 4)).toEqual([]);
  });

  test('each shard has a log of its own', async () => {
    const { store } = world();
    const [one, two] = [newPlace(), newPlace()];
    await store.commit({ shard: one.shard, write: [], events: [{ id: one.name, type: 't' }] });
    const elsewhere = two.shard === one.shard ? (((one.shard + 1) % 256) as typeof one.shard) : two.shard;
    const log = await store.follow(elsewhere, 0, 100_000);
    expect(log.map(({ event }) => event.id)).not.toContain(one.name);
  });
}
