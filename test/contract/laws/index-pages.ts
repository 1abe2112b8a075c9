import { expect, test } from '@jest/globals';

import type { AppError } from '#src/errors.ts';
import { consume, type IndexQuery, type RecordStore, remove } from '#src/storage/record-store.ts';

import { mustCommit, newPlace, note, type Note, type Place, type World, write } from '../world.ts';

const query = ({ shard, name }: Place, more: Partial<IndexQuery<Note>> = {}): IndexQuery<Note> => ({ shard, kind: note, index: 'by-list', of: name, limit: 100, ...more });

async function texts(store: RecordStore, asked: IndexQuery<Note>): Promise<string[]> {
  return (await store.scan(asked)).records.map(({ value }) => value.text);
}

async function allPages(store: RecordStore, asked: IndexQuery<Note>): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const { records, next } = await store.scan({ ...asked, ...(after === undefined ? {} : { after }) });
    pages.push(records.map(({ value }) => value.text));
    after = next;
  } while (after !== undefined);
  return pages;
}

export function indexLaws(world: () => World): void {
  test('an index lists records by sort key, compared as UTF-8 bytes, then by id, in both directions', async () => {
    const { store } = world();
    const place = newPlace();
    const sorts = ['', '\0', '\x01', '\x01\0', '\x02', '!', 'a', 'a\0', 'a\0b', 'a\x01', 'a!', 'aa', 'b', 'ü', '\uffee', '\u{1f989}'];
    const shuffled = [8, 3, 12, 0, 15, 6, 1, 14, 10, 4, 7, 2, 13, 9, 5, 11].map((number) => sorts[number]!);
    await mustCommit(store, place, ...shuffled.map((sort, number) => write(place.note(String(number)), { text: sort, lists: [[place.name, sort]] })));
    await mustCommit(store, place, write(place.note('z'), { text: 'second a', lists: [[place.name, 'a']] }));
    const expected = sorts.toSpliced(sorts.indexOf('a') + 1, 0, 'second a');
    expect(await texts(store, query(place))).toEqual(expected);
    expect(await texts(store, query(place, { direction: 'descending' }))).toEqual(expected.toReversed());
  });

  test('a prefix selects the sort keys that begin with it', async () => {
    const { store } = world();
    const place = newPlace();
    const sorts = ['', 'a', 'a\0', 'ab', 'abc', 'ac', 'b', '\u{10ffff}', '\u{10ffff}x'];
    await mustCommit(store, place, ...sorts.map((sort) => write(place.note(sort), { text: sort, lists: [[place.name, sort]] })));
    expect(await texts(store, query(place, { prefix: 'a' }))).toEqual(['a', 'a\0', 'ab', 'abc', 'ac']);
    expect(await texts(store, query(place, { prefix: 'ab', direction: 'descending' }))).toEqual(['abc', 'ab']);
    expect(await texts(store, query(place, { prefix: 'a\0' }))).toEqual(['a\0']);
    expect(await texts(store, query(place, { prefix: '\u{10ffff}' }))).toEqual(['\u{10ffff}', '\u{10ffff}x']);
    expect(await texts(store, query(place, { prefix: 'x' }))).toEqual([]);
  });

  test('pages follow each other without gap or repeat, and the last one has no next', async () => {
    const { store } = world();
    const place = newPlace();
    const names = Array.from({ length: 25 }, (_, number) => `n${String(number).padStart(2, '0')}`);
    await mustCommit(store, place, ...names.map((text) => write(place.note(text), { text, lists: [[place.name, text.slice(0, 2)]] })));
    for (const direction of ['ascending', 'descending'] as const) {
      const expected = direction === 'ascending' ? names : names.toReversed();
      const pages = await allPages(store, query(place, { limit: 10, direction }));
      expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
      expect(pages.flat()).toEqual(expected);
      expect((await allPages(store, query(place, { limit: 5, direction }))).map(({ length }) => length)).toEqual([5, 5, 5, 5, 5]);
      expect((await allPages(store, query(place, { limit: 4, prefix: 'n1', direction }))).flat()).toEqual(expected.filter((name) => name.startsWith('n1')));
    }
  });

  test('pages are stable while records come and go around the cursor', async () => {
    const { store } = world();
    const place = newPlace();
    const add = (text: string) => write(place.note(text), { text, lists: [[place.name, text]] });
    await mustCommit(store, place, ...['b', 'd', 'f', 'h'].map(add));
    const first = await store.scan(query(place, { limit: 2 }));
    expect(first.records.map(({ value }) => value.text)).toEqual(['b', 'd']);
    await mustCommit(store, place, add('a'), add('e'), add('g'), remove(place.note('d')), remove(place.note('f')));
    expect(await texts(store, query(place, { after: first.next! }))).toEqual(['e', 'g', 'h']);
  });

  test('expired records fill no place on a page', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const names = Array.from({ length: 30 }, (_, number) => `n${String(number).padStart(2, '0')}`);
    await mustCommit(store, place, ...names.map((text, number) => write(place.note(text), { text, lists: [[place.name, text]] }, number % 3 === 0 ? null : clock.now + 10)));
    clock.move(10);
    const pages = await allPages(store, query(place, { limit: 4 }));
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 2]);
  });

  test('an index follows the value: a replaced record is listed anew and a removed one is not listed', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.note();
    const [one, two] = [{ ...place, name: `${place.name}:1` }, { ...place, name: `${place.name}:2` }];
    await mustCommit(store, place, write(key, { text: 'v1', lists: [[one.name, 'a'], [one.name, 'b'], [two.name, 'c']] }));
    expect(await texts(store, query(one))).toEqual(['v1', 'v1']);
    expect(await texts(store, query(two))).toEqual(['v1']);
    await mustCommit(store, place, write(key, { text: 'v2', lists: [[two.name, 'c'], [two.name, 'd']] }));
    expect(await texts(store, query(one))).toEqual([]);
    expect(await texts(store, query(two))).toEqual(['v2', 'v2']);
    await mustCommit(store, place, consume(key), write(key, { text: 'v3' }));
    expect(await texts(store, query(two))).toEqual([]);
    await mustCommit(store, place, write(key, { text: 'v4', lists: [[one.name, 'a']] }), remove(key));
    expect(await texts(store, query(one))).toEqual([]);
  });

  test('xT7 a cursor that no page gave is refused', async () => {
    const { store } = world();
    const place = newPlace();
    await mustCommit(store, place, ...['a', 'b', 'c'].map((sort) => write(place.note(sort), { text: sort, lists: [[place.name, sort]] })));
    const refused = expect.objectContaining({ code: 'invalid_cursor' } satisfies Partial<AppError>);
    for (const after of ['', 'nonsense', Buffer.from('{}').toString('base64url'), Buffer.from('["a"]').toString('base64url'), Buffer.from('["a",1]').toString('base64url')]) {
      await expect(store.scan(query(place, { after }))).rejects.toEqual(refused);
    }
    const { next } = await store.scan(query(place, { limit: 1 }));
    await expect(store.scan(query(place, { after: next!, prefix: 'b' }))).rejects.toEqual(refused);
  });
}
