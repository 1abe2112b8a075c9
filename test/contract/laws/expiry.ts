import { expect, test } from '@jest/globals';

import { absent, consume, present, unchanged, unconsumed } from '#src/storage/record-store.ts';

import { mustCommit, newPlace, type World, write } from '../world.ts';

export function expiryLaws(world: () => World): void {
  test('a record is there until its expiry and absent from that millisecond on, by key and by index', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const [plain, listed] = [place.token(), place.note()];
    await mustCommit(store, place, write(plain, 'x', clock.now + 1000), write(listed, { text: 'x', lists: [[place.name, 'a']] }, clock.now + 1000));
    const list = () => store.scan({ shard: place.shard, kind: listed.kind, index: 'by-list', of: place.name, limit: 10 });
    clock.move(999);
    expect(await store.read(plain, listed)).toMatchObject([{ value: { text: 'x' } }, { value: { text: 'x' } }]);
    expect((await list()).records).toHaveLength(1);
    clock.move(1);
    expect(await store.read(plain, listed)).toEqual([undefined, undefined]);
    expect(await list()).toEqual({ records: [], next: undefined });
  });

  test('expectations treat an expired record as absent', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const key = place.token();
    await mustCommit(store, place, write(key, 'x', clock.now + 10));
    const [record] = await store.read(key);
    clock.move(10);
    const expectations = [present(key), unconsumed(key), unchanged(record!)];
    expect(await store.commit({ shard: place.shard, expect: expectations, write: [] })).toEqual({ ok: false, failed: expectations });
    expect(await store.commit({ shard: place.shard, expect: [absent(key)], write: [write(key, 'next')] })).toMatchObject({ ok: true });
    expect((await store.read(key))[0]).toMatchObject({ value: { text: 'next' }, expiresAt: null, consumedAt: null });
  });

  test('consuming an expired record does not bring it back, and consuming a live one does not change when it expires', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const [early, late] = [place.token('early'), place.token('late')];
    await mustCommit(store, place, write(early, 'x', clock.now + 10), write(late, 'x', clock.now + 20));
    clock.move(10);
    await mustCommit(store, place, consume(early), consume(late));
    expect(await store.read(early, late)).toMatchObject([undefined, { expiresAt: clock.now + 10 }]);
    clock.move(10);
    expect(await store.read(late)).toEqual([undefined]);
  });

  test('a record that is put when its time is over is absent, and so is the one it replaces', async () => {
    const { store, clock } = world();
    const place = newPlace();
    const key = place.note();
    await mustCommit(store, place, write(key, { text: 'old', lists: [[place.name, 'a']] }));
    await mustCommit(store, place, write(key, { text: 'over', lists: [[place.name, 'b']] }, clock.now));
    expect(await store.read(key)).toEqual([undefined]);
    expect((await store.scan({ shard: place.shard, kind: key.kind, index: 'by-list', of: place.name, limit: 10 })).records).toEqual([]);
    expect(await store.commit({ shard: place.shard, expect: [absent(key)], write: [] })).toMatchObject({ ok: true });
  });

  test('a put may lengthen, shorten or end the expiry of a record', async () => {
    const { store, clock } = world();
    const place = newPlace();
    for (const key of [place.token(), place.note()]) {
      const value = { text: 'x', lists: [[place.name, 'a']] as const };
      await mustCommit(store, place, write(key, value, clock.now + 10));
      await mustCommit(store, place, write(key, value, clock.now + 30));
      clock.move(20);
      expect(await store.read(key)).toMatchObject([{ value: { text: 'x' } }]);
      await mustCommit(store, place, write(key, value, clock.now + 5));
      clock.move(5);
      expect(await store.read(key)).toEqual([undefined]);
      await mustCommit(store, place, write(key, value, clock.now + 5));
      await mustCommit(store, place, write(key, value));
      clock.move(1_000_000);
      expect(await store.read(key)).toMatchObject([{ expiresAt: null }]);
    }
  });

  test('xZ1 a clock that goes back for some minutes ends nothing that was alive', async () => {
    const { store, clock } = world();
    const place = newPlace();
    await mustCommit(store, place, write(place.token(), 'x', clock.now + 60_000));
    clock.move(-5 * 60_000);
    expect(await store.read(place.token())).toMatchObject([{ value: { text: 'x' } }]);
    clock.move(5 * 60_000);
    expect(await store.read(place.token())).toMatchObject([{ value: { text: 'x' } }]);
  });
}
