import { expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { newPlace, write } from '#test/contract/world.ts';
import { failingStore } from '#test/support/failing-store.ts';

test.each(['before', 'after'] as const)('a store made to fail %s its second call took effect fails just there', async (when) => {
  const inner = await openStore('sqlite::memory:', { clock: Date.now });
  const place = newPlace();
  const { store, calls } = failingStore(inner, { at: 2, when });
  const commit = (id: string) => store.commit({ shard: place.shard, write: [write(place.note(id), 'x')] });
  const results = [await commit('1'), await commit('2').catch((error: { code: string }) => error.code), await commit('3')];
  expect(results).toMatchObject([{ ok: true }, 'storage_unavailable', { ok: true }]);
  expect((await inner.read(place.note('1'), place.note('2'), place.note('3'))).map(Boolean)).toEqual([true, when === 'after', true]);
  expect(calls()).toBe(3);
  await inner.close();
});

test('a store that is lost for good answers nothing after', async () => {
  const inner = await openStore('sqlite::memory:', { clock: Date.now });
  const { store } = failingStore(inner, { at: 1, when: 'after', forGood: true });
  const place = newPlace();
  const commit = (id: string) => store.commit({ shard: place.shard, write: [write(place.note(id), 'x')] });
  await expect(commit('1')).rejects.toMatchObject({ code: 'storage_unavailable' });
  await expect(commit('2')).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect((await inner.read(place.note('1'), place.note('2'))).map(Boolean)).toEqual([true, false]);
  await inner.close();
});
