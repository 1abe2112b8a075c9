import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import type { Change, RecordStore, StoredRecord } from '#src/storage/record-store.ts';
import { aftermath } from '#test/support/aftermath.ts';
import { violationsIn, type Operation } from '#test/support/history.ts';
import { raceRevocations, WAYS } from '#test/support/revocation-rounds.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** `ROUNDS=10000 npm run jest -- test/attacks/revocation-race.test.ts` */
const ROUNDS = Number(process.env['ROUNDS'] ?? 60);

describe('two server processes on one Redis', () => {
  let world: TwoServers;
  let store: RecordStore;

  beforeAll(async () => {
    world = await startTwoServers({ settings: { ASSENT_LOG_LEVEL: 'info' } });
    // It only prepares the rounds: a machine with much to do is no finding.
    store = await openStore(world.redis.url, { clock: Date.now, timeoutMs: 30_000 });
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await world.stop();
  });

  test(`I2 I3 no use that begins after a revocation was acknowledged succeeds; ${ROUNDS} rounds of revoking against exchange, refresh, introspection and launch`, async () => {
    const { counts, violations } = await raceRevocations(world, { store, clock: Date.now }, { rounds: ROUNDS });
    expect(violations).toEqual([]);
    // Every way was taken, and each use won and lost: else nothing was raced.
    const names = [...WAYS.map((way) => `${way}: success`), ...['refresh', 'introspect', 'exchange', 'launch', 'launch exchange'].flatMap((use) => [`${use}: success`, `${use}: refused`])];
    expect(Object.keys(counts)).toEqual(expect.arrayContaining(names));
    if (ROUNDS >= 1000) process.stdout.write(`${ROUNDS} rounds: ${JSON.stringify(counts)}\n`);
    expect(aftermath(world)).toEqual([]);
  }, 60_000 + ROUNDS * 100);
});

describe('the check itself', () => {
  let world: World;
  let sound: RecordStore;
  let used: RecordStore;

  beforeAll(async () => {
    world = await startWorld({
      async openStore(url, options) {
        used = sound = await openStore(url, options);
        return { ...sound, read: (...keys) => used.read(...keys), commit: (change) => used.commit(change) };
      },
    });
  });
  afterAll(() => world.stop());

  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  /** Acknowledges what is to be durable, and stores it a moment later. */
  const answersBeforeItIsStored = (inner: RecordStore): RecordStore => ({
    ...inner,
    async commit(change: Change) {
      if (change.durable !== true || !change.write.some(({ do: what }) => what === 'remove')) return inner.commit(change);
      void pause(15).then(() => inner.commit(change)).catch(() => {});
      return { ok: true, version: 0 };
    },
  });

  /** Looks whether the expectations hold, and writes a moment later whatever has become of them. */
  const notAtomic = (inner: RecordStore): RecordStore => ({
    ...inner,
    async commit(change: Change) {
      const records = await inner.read(...(change.expect ?? []).map(({ key }) => key));
      const failed = (change.expect ?? []).filter((expectation, place) => !holds(expectation, records[place]));
      if (failed.length > 0) return { ok: false, failed };
      await pause(Math.random() * 10);
      return inner.commit({ ...change, expect: [] });
    },
  });

  const holds = (expectation: NonNullable<Change['expect']>[number], record: StoredRecord | undefined): boolean => {
    if (expectation.is === 'absent') return record === undefined;
    if (expectation.is === 'at') return record?.version === expectation.version;
    return record !== undefined && (expectation.is === 'present' || record.consumedAt === null);
  };

  /** Reads from what was read a moment ago. */
  const readsStale = (inner: RecordStore): RecordStore => {
    const kept = new Map<string, { at: number; record: StoredRecord | undefined }>();
    return {
      ...inner,
      async read(...keys: any[]) {
        const now = performance.now();
        const fresh: readonly (StoredRecord | undefined)[] = await inner.read(...keys);
        return keys.map(({ kind, id }, place) => {
          const name = `${kind.name} ${id}`;
          const before = kept.get(name);
          if (before?.record && before.at > now - 40) return before.record;
          kept.set(name, { at: now, record: fresh[place] });
          return fresh[place];
        }) as never;
      },
    };
  };

  test.each([
    ['answers before it has stored', answersBeforeItIsStored],
    ['is not atomic', notAtomic],
    ['reads what was', readsStale],
  ])('turns red with a store that %s', async (_, broken) => {
    const other = broken(sound);
    const { violations } = await raceRevocations(world, { store: sound, clock: Date.now }, { rounds: 400, untilViolation: true, ready: () => (used = other) });
    used = sound;
    expect(violations).not.toEqual([]);
  }, 60_000);

  const operation = (is: Operation['is'], begun: number, outcome: Operation['outcome']): Operation => ({ subject: 'one', is, by: 'introspect', of: 'token', begun, ended: begun + 10, outcome });

  test.each<[string, Operation[], number]>([
    ['a use that began before the acknowledgement may succeed', [operation('revocation', 0, 'success'), operation('use', 9, 'success')], 0],
    ['one that began after it may not', [operation('revocation', 0, 'success'), operation('use', 11, 'success')], 1],
    ['after a revocation that failed anything may be', [operation('revocation', 0, 'unknown'), operation('use', 20, 'success')], 0],
    ['but what was dead stays dead', [operation('revocation', 0, 'unknown'), operation('use', 20, 'refused'), operation('use', 40, 'success')], 1],
    ['and no answer says neither', [operation('revocation', 0, 'unknown'), operation('use', 20, 'unknown'), operation('use', 40, 'success')], 0],
  ])('I8 %s', (_, operations, violations) => {
    expect(violationsIn({ operations })).toHaveLength(violations);
  });
});
