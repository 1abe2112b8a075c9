import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';

import type { Catalogue } from '#src/apps/catalogue.ts';
import { AppError, type ErrorCode } from '#src/errors.ts';
import type { Actor, AssentEvent } from '#src/events.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore, Shard } from '#src/storage/record-store.ts';
import { addMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser } from '#src/tenants/user-store.ts';

import { testCatalogue as catalogue } from './catalogue.ts';
import { startRedis, type RedisServer } from './redis.ts';

/** An empty store and a clock that only the test moves. */
export interface Domain {
  readonly deps: { readonly store: RecordStore; readonly clock: () => number; readonly catalogue: Catalogue };
  pass(ms: number): void;
}

export const system: Actor = { kind: 'system' };
export const by = (id: UserId): Actor => ({ kind: 'user', id });

/** The same tests on the embedded engine and on Redis. */
export function onEachEngine(tests: (domain: () => Domain) => void): void {
  let domain: Domain;
  let now = 0;
  const clock = () => now;
  const open = async (url: string): Promise<Domain> => {
    const store = await openStore(url, { clock, allowUnsafe: true });
    return { deps: { store, clock, catalogue }, pass: (ms) => void (now += ms) };
  };

  beforeEach(() => {
    now = Date.parse('2026-11-21T20:00:00Z');
  });

  describe('on SQLite', () => {
    beforeEach(async () => {
      domain = await open('sqlite::memory:');
    });
    afterEach(() => domain.deps.store.close());
    tests(() => domain);
  });

  describe('on Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis({ durability: 'none' });
      domain = await open(redis.url);
    });
    afterAll(async () => {
      await domain.deps.store.close();
      await redis.stop();
    });
    beforeEach(async () => {
      await redis.command('flushall');
    });
    tests(() => domain);
  });
}

export async function eventsOf(store: RecordStore, shard: Shard): Promise<AssentEvent[]> {
  return (await store.follow(shard, 0, 1000)).map(({ event }) => event as AssentEvent);
}

/** The code that a use case was refused with; fails when it was not. */
export async function refusal(attempt: Promise<unknown>): Promise<ErrorCode> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  throw new Error('It was not refused.');
}

/** How many of several attempts at once succeeded, and with which codes the others were refused. */
export async function atOnce<T>(attempts: readonly Promise<T>[]): Promise<{ done: T[]; refused: ErrorCode[] }> {
  const results = await Promise.allSettled(attempts);
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const refused = results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    if (result.reason instanceof AppError) return [result.reason.code];
    throw result.reason;
  });
  return { done, refused };
}

export const northwind = 'ten_northwind' as TenantId;
export const [ada, ben, chloe, dan] = ['usr_ada', 'usr_ben', 'usr_chloe', 'usr_dan'] as UserId[] as [UserId, UserId, UserId, UserId];

/** Northwind with Ada (owner), Ben and Dan (members) and Chloe (admin). */
export async function makeNorthwind({ deps }: Domain): Promise<void> {
  await createTenant(deps, { id: northwind, name: 'Northwind' }, system);
  for (const [user, role] of [[ada, 'owner'], [ben, 'member'], [chloe, 'admin'], [dan, 'member']] as const) {
    await createUser(deps, { id: user, email: `${user}@northwind.example`, name: user }, system);
    await addMember(deps, { tenant: northwind, user, role }, system);
  }
}
