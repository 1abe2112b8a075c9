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

  test('a trail lists the events that stand in it and no others, newest first, from any place on', async () => {
    const { store, other } = world();
    const { shard, name } = newPlace();
    const commit = (number: number, ...trails: string[]) =>
      store.commit({ shard, write: [], events: [{ id: `${name}/${number}`, type: 't', trails }, { id: `${name}/${number}/unlisted`, type: 't' }] });
    for (let number = 0; number < 7; number += 1) await commit(number, name, `${name} ${number % 2 === 0 ? 'even' : 'odd'}`);
    const numbers = async (of: string, page: { before?: number; limit: number }) =>
      (await other.trail({ shard, of, ...page })).map(({ event }) => Number(event.id.split('/')[1]));
    expect(await numbers(name, { limit: 100 })).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(await numbers(`${name} odd`, { limit: 100 })).toEqual([5, 3, 1]);
    expect(await numbers(`${name} nobody`, { limit: 100 })).toEqual([]);
    const page = await store.trail({ shard, of: name, limit: 3 });
    expect(page).toHaveLength(3);
    expect(await numbers(name, { before: page.at(-1)!.position, limit: 3 })).toEqual([3, 2, 1]);
    const [newest] = await store.trail({ shard, of: name, limit: 1 });
    expect(await store.follow(shard, newest!.position - 1, 1)).toEqual([newest]);
    expect(newest!.event).toEqual({ id: `${name}/6`, type: 't' });
  });

  test('an event stands in its trail exactly when its commit happened, once however often the trail is named', async () => {
    const { store } = world();
    const place = newPlace();
    const change = {
      shard: place.shard,
      expect: [absent(place.note())],
      write: [write(place.note(), 'x'), write(place.token(), 'y')],
      events: [{ id: place.name, type: 'note.made', trails: [place.name, place.name] }, { id: `${place.name}/2`, type: 'note.seen', trails: [`${place.name} 2`] }],
    };
    expect(await Promise.all([store.commit(change), store.commit(change)])).toMatchObject([{ ok: true }, { ok: false }]);
    const ids = async (of: string) => (await store.trail({ shard: place.shard, of, limit: 10 })).map(({ event }) => event.id);
    expect(await ids(place.name)).toEqual([place.name]);
    expect(await ids(`${place.name} 2`)).toEqual([`${place.name}/2`]);
  });

  test('xT5 no trail shows the events of another, whatever its name is made of, nor those of the same name in another shard', async () => {
    const { store } = world();
    const { shard, name } = newPlace();
    const names = ['', ':', ' ', '\0', '\0\0', '\ud800', '\udfff', '\ufffd', 'x'.repeat(2000), '*', '{s1}'].map((odd) => name + odd);
    await store.commit({ shard, write: [], events: names.map((of, number) => ({ id: `${name}/${number}`, type: 't', trails: [of] })) });
    for (const [number, of] of names.entries()) {
      expect((await store.trail({ shard, of, limit: 10 })).map(({ event }) => event.id)).toEqual([`${name}/${number}`]);
      expect(await store.trail({ shard: ((shard + 1) % 256) as typeof shard, of, limit: 10 })).toEqual([]);
    }
  });

  test('what happens a second later has a greater position, in whichever shard', async () => {
    const { store, clock } = world();
    const places = [newPlace(), newPlace(), newPlace(), newPlace()];
    const positions: number[] = [];
    for (const { shard, name } of [...places, ...places]) {
      await store.commit({ shard, write: [], events: [{ id: name, type: 't', trails: [name] }] });
      positions.push((await store.trail({ shard, of: name, limit: 1 }))[0]!.position);
      clock.move(1000);
    }
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  });

  test('what is forgotten is in no trail and not in the log; the rest stays', async () => {
    const { store, other } = world();
    const { shard, name } = newPlace();
    const trails = [name, `${name} 2`];
    for (let number = 0; number < 6; number += 1) {
      await store.commit({ shard, write: [], events: [{ id: `${name}/${number}`, type: 't', trails: number % 2 === 0 ? trails : [name] }] });
    }
    const oldest = (await store.trail({ shard, of: name, limit: 10 })).toReversed().slice(0, 3);
    const forgotten = oldest.map(({ position }) => ({ position, trails }));
    await store.forget(shard, forgotten);
    await store.forget(shard, forgotten);
    await store.forget(shard, []);
    const ids = (entries: readonly { event: { id: string } }[]) => entries.map(({ event }) => event.id);
    expect(ids(await other.trail({ shard, of: name, limit: 10 }))).toEqual([5, 4, 3].map((number) => `${name}/${number}`));
    expect(ids(await other.trail({ shard, of: `${name} 2`, limit: 10 }))).toEqual([`${name}/4`]);
    expect(ids(await other.follow(shard, oldest[0]!.position - 1, 10)).filter((id) => id.startsWith(name))).toEqual([3, 4, 5].map((number) => `${name}/${number}`));
  });
}
