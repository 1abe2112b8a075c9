import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { exportTrail } from '#src/audit/export-trail.ts';
import { forgetOld } from '#src/audit/forget-old.ts';
import { historyOfApp } from '#src/audit/history.ts';
import { readPlatformTrail, readTenantTrail, type PageAsked, type TrailPage } from '#src/audit/read-trail.ts';
import type { TrailFilter } from '#src/audit/trail.ts';
import { happened, type Actor, type Happening } from '#src/events.ts';
import type { AppId, GroupId, TenantId, UserId } from '#src/ids.ts';
import { answerFrom } from '#src/request-origin.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore, Shard } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { testCatalogue as catalogue } from '#test/support/catalogue.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const [busy, quiet] = ['ten_busy' as TenantId, neighbourOf('ten_busy')];
const [ada, ben] = ['usr_ada' as UserId, 'usr_ben' as UserId];
const [calendar, notes] = ['app_calendar' as AppId, 'app_notes' as AppId];
const byAda: Actor = { kind: 'user', id: ada };

/** Another tenant of the same shard. */
function neighbourOf(tenant: string): TenantId {
  for (let number = 0; ; number += 1) if (shardOf(`ten_${number}`) === shardOf(tenant)) return `ten_${number}` as TenantId;
}

let store: RecordStore;
/** How many entries were read since it was last set to nothing. */
let read = 0;
const deps = { get store() { return counting; }, clock: () => START, catalogue };
let counting: RecordStore;

const append = async (shard: Shard, what: Happening, actor: Actor, now: number): Promise<void> =>
  void (await store.commit({ shard, write: [], events: [happened(what, { actor, now })] }));

beforeAll(async () => {
  store = await openStore('sqlite::memory:', { clock: Date.now });
  counting = { ...store, trail: async (query) => {
    const entries = await store.trail(query);
    read += entries.length;
    return entries;
  } };
  // An hour between two events, and after each fifty of the busy tenant one of the quiet one.
  await Promise.all(Array.from({ length: 3000 }, async (_, hour) => {
    const group = `grp_${hour}` as GroupId;
    const other = hour % 50 === 49 && append(shardOf(quiet), { type: 'app.authorized', tenant: quiet, app: calendar, user: ben, grant: 'gnt_1' as never, permissions: [] }, { kind: 'user', id: ben }, START + hour * HOUR);
    if (hour % 100 === 7) await append(shardOf(busy), { type: 'approval.withdrawn', tenant: busy, app: notes }, byAda, START + hour * HOUR);
    else await append(shardOf(busy), { type: 'group.member_added', tenant: busy, group, user: hour % 3 === 0 ? ada : ben }, hour % 2 === 0 ? byAda : { kind: 'operator', id: 'opr_1' }, START + hour * HOUR);
    await other;
  }));
});
afterAll(() => store.close());

const hoursOf = ({ entries }: Pick<TrailPage, 'entries'>): number[] => entries.map(({ event }) => (Date.parse(event.at) - START) / HOUR);

async function whole(filter: TrailFilter, tenant = busy): Promise<number[]> {
  const hours: number[] = [];
  let after: string | undefined;
  do {
    const page: TrailPage = await readTenantTrail(deps, tenant, filter, { after, limit: 200 });
    hours.push(...hoursOf(page));
    after = page.next;
  } while (after !== undefined);
  return hours;
}

describe('the trail of a tenant', () => {
  test('xT1 holds nothing of another tenant in the same shard, and reading it reads nothing of that one', async () => {
    read = 0;
    const page = await readTenantTrail(deps, quiet, {}, { limit: 200 });
    expect(hoursOf(page)).toEqual(Array.from({ length: 60 }, (_, place) => 2999 - place * 50));
    expect(new Set(page.entries.map(({ event }) => event.tenant))).toEqual(new Set([quiet]));
    expect(read).toBe(60);
  });

  test('is read newest first, page by page, each entry once; a page reads no more than it shows', async () => {
    read = 0;
    const first = await readTenantTrail(deps, busy, {}, { limit: 25 });
    expect(hoursOf(first)).toEqual(Array.from({ length: 25 }, (_, place) => 2999 - place));
    expect(read).toBe(26);
    const second = await readTenantTrail(deps, busy, {}, { after: first.next, limit: 25 });
    expect(hoursOf(second)).toEqual(Array.from({ length: 25 }, (_, place) => 2974 - place));
    expect(await whole({})).toEqual(Array.from({ length: 3000 }, (_, place) => 2999 - place));
  });

  test.each<[string, TrailFilter, (hour: number) => boolean]>([
    ['who did it', { actor: ada }, (hour) => hour % 2 === 0 || hour % 100 === 7],
    ['an operator who did it', { actor: 'opr_1' }, (hour) => hour % 2 === 1 && hour % 100 !== 7],
    ['a person, who did it or to whom it was done', { user: ada }, (hour) => hour % 2 === 0 || hour % 3 === 0 || hour % 100 === 7],
    ['an app', { app: notes }, (hour) => hour % 100 === 7],
    ['one type', { type: 'approval.withdrawn' }, (hour) => hour % 100 === 7],
    ['what comes before the dot', { type: 'group' }, (hour) => hour % 100 !== 7],
    ['half a word', { type: 'grou' }, () => false],
    ['nobody', { user: 'usr_nobody' }, () => false],
    ['a time', { from: START + 700 * HOUR, to: START + 731 * HOUR }, (hour) => hour >= 700 && hour < 731],
    ['all at once', { actor: ada, user: ben, type: 'group', from: START + 700 * HOUR, to: START + 731 * HOUR }, (hour) => hour >= 700 && hour < 731 && hour % 2 === 0 && hour % 3 !== 0],
  ])('is filtered by %s', async (_, filter, isWanted) => {
    const wanted = Array.from({ length: 3000 }, (_each, place) => 2999 - place).filter(isWanted);
    expect(await whole(filter)).toEqual(wanted);
  });

  test('finds a time long ago without reading what came after it', async () => {
    read = 0;
    expect(hoursOf(await readTenantTrail(deps, busy, { from: START + 10 * HOUR, to: START + 12 * HOUR }, { limit: 25 }))).toEqual([11, 10]);
    expect(read).toBeLessThan(100);
  });

  test('ends a page when much was looked at and little found, and goes on from there', async () => {
    read = 0;
    const page = await readTenantTrail(deps, busy, { type: 'tenant' }, { limit: 25 });
    expect([page.entries, typeof page.next]).toEqual([[], 'string']);
    expect(read).toBeLessThanOrEqual(2000);
    expect(await readTenantTrail(deps, busy, { type: 'tenant' }, { after: page.next, limit: 25 })).toEqual({ entries: [], next: undefined });
  });

  test.each(['', 'x', '1', '1.', '.1', '1.256', '-1.0', '1.0.0', '99999999999999999.1', '1e3.0'])('xT7 takes no place that it did not give: %p', async (after) => {
    await expect(readTenantTrail(deps, busy, {}, { after, limit: 5 })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });
});

test('the history of an app in a tenant reads that app’s entries alone', async () => {
  read = 0;
  const { rows, next } = await historyOfApp(deps, busy, notes, { limit: 20 });
  expect([rows.length, typeof next, read]).toEqual([20, 'string', 21]);
  expect(rows[0]).toMatchObject({ sentence: 'Somebody who is gone (usr_ada) withdrew the approval of an app that is gone (app_notes)', actor: 'Somebody who is gone (usr_ada)', where: '', address: '' });
  const rest = await historyOfApp(deps, busy, notes, { after: next, limit: 20 });
  expect([rest.rows.length, rest.next]).toEqual([10, undefined]);
});

test('an export is read a piece at a time, and no further once nobody listens', async () => {
  read = 0;
  const lines = exportTrail(deps, busy, {});
  let seen = 0;
  for await (const events of lines) {
    seen += events.length;
    if (seen >= 400) break;
  }
  expect([seen, read]).toEqual([400, 402]);
});

test('what happened outside of tenants is put together from all shards in the order of time', async () => {
  const apps = Array.from({ length: 40 }, (_, number) => `app_${number}` as AppId);
  for (const app of apps) await append(shardOf(app), { type: 'app.registered', tenant: null, app }, { kind: 'operator', id: 'opr_1' }, Date.now());
  await append(shardOf(ada), { type: 'user.password_changed', tenant: null, user: ada }, byAda, Date.now());
  const seen: string[] = [];
  let page: PageAsked | undefined = { limit: 7 };
  while (page) {
    const { entries, next }: TrailPage = await readPlatformTrail(deps, {}, page);
    seen.push(...entries.map(({ event }) => (event as { app?: string }).app ?? event.type));
    page = next === undefined ? undefined : { after: next, limit: 7 };
  }
  expect(seen).toEqual(apps.toReversed());
});

test('an event says where its request came from, and one of Assent itself says nothing', async () => {
  const what = { type: 'rules.changed', tenant: busy } as const;
  const event = await answerFrom({ via: 'page', address: '203.0.113.7' }, async () => {
    await Promise.resolve();
    return happened(what, { actor: byAda, now: START });
  });
  expect(event.from).toEqual({ via: 'page', address: '203.0.113.7' });
  expect('from' in happened(what, { actor: { kind: 'system' }, now: START })).toBe(false);
});

test('what is older than the days that are kept is forgotten, and nothing else', async () => {
  const [last, none] = [await whole({}), await whole({}, quiet)];
  await forgetOld({ store, clock: () => START + 50 * 24 * HOUR }, shardOf(busy), 30);
  expect(await whole({})).toEqual(last.filter((hour) => hour >= 20 * 24));
  expect(await whole({ user: ada })).not.toContain(0);
  expect(await whole({}, quiet)).toEqual(none.filter((hour) => hour >= 20 * 24));
  expect((await store.follow(shardOf(busy), 0, 1)).map(({ event }) => Date.parse((event as unknown as { at: string }).at))).toEqual([START + 20 * 24 * HOUR]);
});
