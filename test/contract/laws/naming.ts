import { expect, test } from '@jest/globals';

import { defineKind, type Key, put, remove } from '#src/storage/record-store.ts';

import { mustCommit, newPlace, note, type World, write } from '../world.ts';

const ODD = ['', ':', '{}', '{s1}', '*', '?', '[a]', 'a:b', 'a', 'b', ' ', '\n', '\0', '\0\0', 'a\0', '\x01', '\x01\x01', '\x02', '\ufffd', '\ud800', '\udfff', '\uffff', '\uffffd800', 'é', 'e\u0301', 'É', '🦉', '../..', '%00', 'counter', 'log', 'index', 'x'.repeat(2000)];

export function namingLaws(world: () => World): void {
  test('xT5 no two ids are one key, whatever they are made of', async () => {
    const { store } = world();
    const place = newPlace();
    const keys = ODD.map((id) => place.note(id));
    await mustCommit(store, place, ...keys.map((key, number) => write(key, { text: String(number), lists: [[place.name, 'same']] })));
    const records = await store.read(...keys);
    expect(records.map((record) => record?.value.text)).toEqual(ODD.map((_, number) => String(number)));
    const { records: listed } = await store.scan({ shard: place.shard, kind: note, index: 'by-list', of: place.name, limit: 1000 });
    expect(new Set(listed.map(({ key }) => key.id))).toEqual(new Set(keys.map(({ id }) => id)));
    await mustCommit(store, place, remove(keys[ODD.indexOf('*')]!));
    expect((await store.read(...keys)).filter((record) => record === undefined)).toHaveLength(1);
  });

  test('xT5 an id that is bare of any prefix of its own collides with nothing of another kind, nor with the engine', async () => {
    const { store } = world();
    const { shard, name } = newPlace();
    const [one, two] = [defineKind<string>('odd', { schema: 1 }), defineKind<string>('odd-a', { schema: 1 })];
    const keys = ODD.flatMap((id) => [one, two].map((kind): Key<string> => ({ shard, kind, id })));
    await store.commit({ shard, write: keys.map((key, number) => put(key, `${name} ${number}`, { tenant: null })) });
    expect((await store.read(...keys)).map((record) => record?.value)).toEqual(keys.map((_, number) => `${name} ${number}`));
    await store.commit({ shard, write: keys.map(remove), events: [{ id: name, type: 't' }] });
    expect((await store.follow(shard, 0, 100_000)).at(-1)?.event.id).toBe(name);
  });

  test('xT5 no list shows the entries of another, whatever its name is made of', async () => {
    const { store } = world();
    const place = newPlace();
    const lists = ODD.map((odd) => place.name + odd);
    await mustCommit(store, place, ...lists.map((of, number) => write(place.note(String(number)), { text: String(number), lists: [[of, '']] })));
    for (const [number, of] of lists.entries()) {
      const { records } = await store.scan({ shard: place.shard, kind: note, index: 'by-list', of, limit: 10 });
      expect(records.map(({ value }) => value.text)).toEqual([String(number)]);
    }
  });

  test('xT5 the name of a kind that could run into an id is refused', () => {
    for (const name of ['', 'a:b', 'A', 'a b', '{s1}']) expect(() => defineKind(name, { schema: 1 })).toThrow(TypeError);
  });
}
