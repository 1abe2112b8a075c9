import { expect, test } from '@jest/globals';

import { absent, consume, present, remove, unchanged, unconsumed } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { mustCommit, newPlace, type World, write } from '../world.ts';

export function commitLaws(world: () => World): void {
  test('a commit puts several records at once, and each names its tenant, its expiry and the version of the commit', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const version = await mustCommit(store, place, write(place.note(), 'one'), write(place.token(), 'two', clock.now + 1000));
    const [one, two] = await store.read(place.note(), place.token());
    expect(one).toEqual({ key: place.note(), value: { text: 'one' }, version, tenant: 'ten_1', expiresAt: null, consumedAt: null });
    expect(two).toEqual({ key: place.token(), value: { text: 'two' }, version, tenant: 'ten_1', expiresAt: clock.now + 1000, consumedAt: null });
  });

  test('a record may be bound to no tenant', async () => {
    const { store } = world();
    const place = newPlace();
    await store.commit({ shard: place.shard, write: [{ do: 'put', key: place.token(), value: { text: 'x' }, tenant: null, expiresAt: null }] });
    const [record] = await store.read(place.token());
    expect(record?.tenant).toBeNull();
  });

  test('"absent" holds for what was never put or was removed, and not for what is there', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.note();
    const create = { shard: place.shard, expect: [absent(key)], write: [write(key, 'first')] };
    expect(await store.commit(create)).toMatchObject({ ok: true });
    expect(await store.commit(create)).toEqual({ ok: false, failed: [absent(key)] });
    await mustCommit(store, place, remove(key));
    expect(await store.commit(create)).toMatchObject({ ok: true });
  });

  test('"present" holds for what is there, consumed or not', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.note();
    const touch = { shard: place.shard, expect: [present(key)], write: [] };
    expect(await store.commit(touch)).toEqual({ ok: false, failed: [present(key)] });
    await mustCommit(store, place, write(key, 'x'));
    expect(await store.commit(touch)).toMatchObject({ ok: true });
    await mustCommit(store, place, consume(key));
    expect(await store.commit(touch)).toMatchObject({ ok: true });
  });

  test('"unconsumed" holds once: consuming says when, and keeps value, expiry, tenant and index entries', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const key = place.note();
    const redeem = { shard: place.shard, expect: [unconsumed(key)], write: [consume(key)], durable: true };
    expect(await store.commit(redeem)).toEqual({ ok: false, failed: [unconsumed(key)] });
    await mustCommit(store, place, write(key, { text: 'code', lists: [[place.name, 'a']] }, clock.now + 60_000));
    const [before] = await store.read(key);
    const redeemed = await store.commit(redeem);
    const [after] = await store.read(key);
    expect(after).toEqual({ ...before, version: redeemed.ok && redeemed.version, consumedAt: clock.now });
    expect(await store.commit(redeem)).toEqual({ ok: false, failed: [unconsumed(key)] });
    const page = await store.scan({ shard: place.shard, kind: key.kind, index: 'by-list', of: place.name, limit: 10 });
    expect(page.records).toEqual([after]);
  });

  test('consuming again keeps the first time, and consuming what is absent does nothing', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const [key, missing] = [place.token('here'), place.token('missing')];
    await mustCommit(store, place, write(key, 'x'), consume(key));
    const [first] = await store.read(key);
    clock.move(5);
    await mustCommit(store, place, consume(key), consume(missing));
    expect(await store.read(key, missing)).toEqual([first, undefined]);
  });

  test('putting a consumed record again makes it fresh', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.token();
    await mustCommit(store, place, write(key, 'x'), consume(key));
    await mustCommit(store, place, write(key, 'y'));
    const [record] = await store.read(key);
    expect(record).toMatchObject({ value: { text: 'y' }, consumedAt: null });
  });

  test('"at" holds while nothing changed the record: neither a put, nor a consumption, nor a removal and a new one', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.note();
    for (const change of [[write(key, 'same')], [consume(key)], [remove(key), write(key, 'same')]]) {
      await mustCommit(store, place, write(key, 'same'));
      const [record] = await store.read(key);
      const onlyIfUnchanged = { shard: place.shard, expect: [unchanged(record!)], write: [] };
      expect(await store.commit(onlyIfUnchanged)).toMatchObject({ ok: true });
      await mustCommit(store, place, ...change);
      expect(await store.commit(onlyIfUnchanged)).toEqual({ ok: false, failed: [unchanged(record!)] });
    }
  });

  test('a version never appears twice for a record, however often it is removed and made again', async () => {
    const { store } = world();
    const place = newPlace();
    const key = place.token();
    const versions: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      versions.push(await mustCommit(store, place, write(key, 'x')));
      await mustCommit(store, place, remove(key));
    }
    expect(new Set(versions).size).toBe(20);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });

  test('when one expectation fails nothing is changed, and exactly those that failed are named', async () => {
    const { store } = world();
    const place = newPlace();
    const [kept, gone, listed] = [place.note('kept'), place.note('gone'), place.note('listed')];
    await mustCommit(store, place, write(kept, 'kept'));
    const result = await store.commit({
      shard: place.shard,
      expect: [present(kept), present(gone), absent(listed), absent(kept)],
      write: [write(listed, { text: 'x', lists: [[place.name, 'a']] }), remove(kept)],
    });
    expect(result).toEqual({ ok: false, failed: [present(gone), absent(kept)] });
    const [still, nothing] = await store.read(kept, listed);
    expect(still?.value.text).toBe('kept');
    expect(nothing).toBeUndefined();
    expect(await store.scan({ shard: place.shard, kind: listed.kind, index: 'by-list', of: place.name, limit: 10 })).toEqual({ records: [], next: undefined });
  });

  test('writes of one commit apply in their order', async () => {
    const { store } = world();
    const place = newPlace();
    const [a, b] = [place.note('a'), place.note('b')];
    await mustCommit(store, place, write(a, '1'), write(a, '2'), write(b, '1'), remove(b));
    expect(await store.read(a, b)).toMatchObject([{ value: { text: '2' } }, undefined]);
  });

  test('a commit that names a key of another shard is refused before anything happens', async () => {
    const { store } = world();
    const place = newPlace();
    const foreign = { ...place.note('foreign'), shard: shardOf(`${place.name} elsewhere`) };
    const elsewhere = foreign.shard === place.shard ? { ...foreign, shard: ((place.shard + 1) % 256) as typeof place.shard } : foreign;
    await expect(store.commit({ shard: place.shard, write: [write(place.note(), 'x'), write(elsewhere, 'x')] })).rejects.toThrow(TypeError);
    await expect(store.commit({ shard: place.shard, expect: [absent(elsewhere)], write: [] })).rejects.toThrow(TypeError);
    expect(await store.read(place.note(), elsewhere)).toEqual([undefined, undefined]);
  });

  test('a change that cannot be stored fails alone, not those that came with it', async () => {
    const { store } = world();
    const place = newPlace();
    const [good, bad, failing] = await Promise.allSettled([
      store.commit({ shard: place.shard, write: [write(place.note('good'), 'x')] }),
      store.commit({ shard: place.shard, write: [{ do: 'put', key: place.note('bad'), value: undefined, tenant: null, expiresAt: null }] }),
      store.commit({ shard: place.shard, expect: [present(place.note('nowhere'))], write: [write(place.note('other'), 'x')] }),
    ]);
    expect(good).toMatchObject({ value: { ok: true } });
    expect(bad).toMatchObject({ status: 'rejected' });
    expect(failing).toMatchObject({ value: { ok: false } });
    expect(await store.read(place.note('good'), place.note('other'))).toMatchObject([{ value: { text: 'x' } }, undefined]);
  });

  test('an empty commit holds', async () => {
    const { store } = world();
    expect(await store.commit({ shard: newPlace().shard, write: [] })).toMatchObject({ ok: true });
  });
}
