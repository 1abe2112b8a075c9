import { randomUUID } from 'node:crypto';

import { defineKind, type Key, put, type RecordStore, type Shard, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Engine } from './engine.ts';

export interface World {
  readonly store: RecordStore;
  /** Another server's store on the same data. */
  readonly other: RecordStore;
  readonly clock: { now: number; move(ms: number): void };
  close(): Promise<void>;
}

export async function openWorld(engine: Engine): Promise<World> {
  const clock = {
    now: Date.now(),
    move(ms: number) {
      this.now += ms;
    },
  };
  const { first, second } = await engine.open(() => clock.now);
  return {
    store: first,
    other: second,
    clock,
    close: async () => {
      await first.close();
      if (second !== first) await second.close();
    },
  };
}

export interface Note {
  readonly text: string;
  /** Where it is listed: [of, sort]. */
  readonly lists?: readonly (readonly [of: string, sort: string])[];
}

/** A kind with index entries, and one without. */
export const note = defineKind<Note>('note', {
  schema: 1,
  indexes: ({ lists = [] }) => lists.map(([of, sort]) => ({ index: 'by-list', of, sort })),
});
export const token = defineKind<{ text: string }>('token', { schema: 3 });

/** A corner of a shard that no other test touches. */
export interface Place {
  readonly shard: Shard;
  readonly name: string;
  note(id?: string): Key<Note>;
  token(id?: string): Key<{ text: string }>;
}

export function newPlace(): Place {
  const name = randomUUID();
  const shard = shardOf(name);
  return {
    shard,
    name,
    note: (id = '1') => ({ shard, kind: note, id: `${name}/${id}` }),
    token: (id = '1') => ({ shard, kind: token, id: `${name}/${id}` }),
  };
}

export const write = <T extends { text: string }>(key: Key<T>, value: T | string, expiresAt: number | null = null): Write =>
  put(key as Key<unknown>, typeof value === 'string' ? { text: value } : value, { tenant: 'ten_1', expiresAt });

export async function mustCommit(store: RecordStore, place: Place, ...writes: Write[]): Promise<number> {
  const result = await store.commit({ shard: place.shard, write: writes });
  if (!result.ok) throw new Error('The commit had no expectations and failed.');
  return result.version;
}
