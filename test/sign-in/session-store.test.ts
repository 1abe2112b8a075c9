import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Deps } from '#src/deps.ts';
import type { AppError } from '#src/errors.ts';
import type { AssentEvent } from '#src/events.ts';
import { placeOfCookie } from '#src/sign-in/session-cookie.ts';
import { createSession, endSession, findSession, sessionsOf } from '#src/sign-in/session-store.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { Change, RecordStore } from '#src/storage/record-store.ts';
import { allShards, shardOf } from '#src/storage/shards.ts';
import { createUser } from '#src/tenants/create-user.ts';
import { endAllSessions, setPasswordHash, updateUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

const SYSTEM = { kind: 'system' } as const;
const HOUR = 3_600_000;

let now: number;
let store: RecordStore;
let commits: Change[];
let deps: Deps;
let ada: User;
let ben: User;

beforeEach(async () => {
  now = Date.parse('2026-11-21T10:00:00Z');
  const inner = await openStore('sqlite::memory:', { clock: () => now });
  commits = [];
  store = { ...inner, read: inner.read.bind(inner), scan: inner.scan.bind(inner), follow: inner.follow.bind(inner), close: inner.close.bind(inner), commit: (change) => (commits.push(change), inner.commit(change)) };
  deps = { store, clock: () => now };
  ada = await createUser(deps, { email: 'ada@northwind.example', name: 'Ada' }, SYSTEM);
  ben = await createUser(deps, { email: 'ben@northwind.example', name: 'Ben' }, SYSTEM);
});
afterEach(() => store.close());

const begin = (user = ada, more: object = {}) =>
  createSession(deps, { user, userAgent: 'Browser', address: '203.0.113.7', expiresAt: now + HOUR, ...more });

const happenings = async (): Promise<AssentEvent[]> =>
  (await Promise.all(allShards().map((shard) => store.follow(shard, 0, 100)))).flat().map(({ event }) => event as AssentEvent);

describe('the cookie of a session', () => {
  it('names the shard of its person, has 256 random bits and is not stored', async () => {
    const { cookie, session } = await begin();
    expect(cookie).toMatch(/^ses_[0-9a-f]{2}[0-9A-Za-z]{43}$/);
    expect(placeOfCookie(cookie)?.shard).toBe(shardOf(ada.id));
    expect(JSON.stringify(commits)).not.toContain(cookie.slice(6));
    expect(JSON.stringify(commits)).not.toContain(cookie);
    expect(cookie).not.toContain(session.id);
  });

  it.each(['', 'ses_', 'ses_00', `ses_zz${'a'.repeat(43)}`, `ses_00${'a'.repeat(42)}`, `ses_00${'a'.repeat(43)}`, `ses_00${'a'.repeat(42)}!`])('is not %j', async (cookie) => {
    expect(await findSession(deps, cookie)).toBeUndefined();
  });

  it('finds its session and its person', async () => {
    const { cookie, session } = await begin();
    expect(await findSession(deps, cookie)).toEqual({ session, user: ada });
  });

  it('is new at every sign-in', async () => {
    const cookies = await Promise.all(Array.from({ length: 5 }, async () => (await begin()).cookie));
    expect(new Set(cookies).size).toBe(5);
  });
});

describe('a session is over', () => {
  it('at its end, to the millisecond', async () => {
    const { cookie } = await begin();
    now += HOUR - 1;
    expect(await findSession(deps, cookie)).toBeDefined();
    now += 1;
    expect(await findSession(deps, cookie)).toBeUndefined();
  });

  it('when its person is disabled, and stays over when they are enabled again', async () => {
    const { cookie } = await begin();
    await updateUser(deps, { id: ada.id, status: 'disabled' }, SYSTEM);
    expect(await findSession(deps, cookie)).toBeUndefined();
    await updateUser(deps, { id: ada.id, status: 'active' }, SYSTEM);
    expect(await findSession(deps, cookie)).toBeUndefined();
    expect(await sessionsOf(deps, ada.id)).toEqual([]);
  });

  it('when its person is signed out everywhere, also where it began on a server whose clock is ahead', async () => {
    now += 5 * 60_000;
    const { cookie } = await begin();
    now -= 5 * 60_000;
    await endAllSessions(deps, ada.id, SYSTEM);
    expect(await findSession(deps, cookie)).toBeUndefined();
  });

  it('when the password changes, and the next one begins at once even where the clock is behind', async () => {
    const { cookie } = await begin();
    const changed = await setPasswordHash(deps, ada.id, 'another', SYSTEM);
    expect(await findSession(deps, cookie)).toBeUndefined();
    now -= 60_000;
    expect(await findSession(deps, (await begin(changed)).cookie)).toBeDefined();
  });

  it('when it is ended, which is durable and an event, once', async () => {
    const { cookie, session } = await begin();
    await endSession(deps, ada.id, session.id);
    await endSession(deps, ada.id, session.id);
    expect(await findSession(deps, cookie)).toBeUndefined();
    expect(commits.at(-1)).toMatchObject({ durable: true });
    expect((await happenings()).filter(({ type }) => type === 'user.signed_out')).toEqual([
      expect.objectContaining({ user: ada.id, session: session.id, actor: { kind: 'user', id: ada.id } }),
    ]);
  });
});

describe('beginning a session', () => {
  it('is an event', async () => {
    const { session } = await begin();
    expect(await happenings()).toContainEqual(expect.objectContaining({ type: 'user.signed_in', user: ada.id, session: session.id }));
  });

  it.each([
    ['got another password', () => setPasswordHash(deps, ada.id, 'another', SYSTEM)],
    ['was signed out everywhere', () => endAllSessions(deps, ada.id, SYSTEM)],
    ['was disabled', () => updateUser(deps, { id: ada.id, status: 'disabled' }, SYSTEM)],
  ])('is refused when the person %s after they proved who they are', async (_, change) => {
    await change();
    await expect(begin()).rejects.toMatchObject({ code: 'wrong_credentials' } satisfies Partial<AppError>);
  });

  it('goes through a change of the name meanwhile, and keeps it', async () => {
    await updateUser(deps, { id: ada.id, name: 'Ada L.' }, SYSTEM);
    const { cookie } = await begin(ada, { rehash: 'the same password, hashed better' });
    expect((await findSession(deps, cookie))?.user).toMatchObject({ name: 'Ada L.', passwordHash: 'the same password, hashed better' });
  });

  it('can go on with a live session of the same person: the same id, another cookie', async () => {
    const first = await begin();
    now += 1000;
    const second = await begin(ada, { continues: first.cookie });
    expect(second.session).toMatchObject({ id: first.session.id, signedInAt: now });
    expect(await findSession(deps, first.cookie)).toBeUndefined();
    expect(await sessionsOf(deps, ada.id)).toHaveLength(1);
  });

  it('never goes on with a session of another person, or one that is over', async () => {
    const bens = await begin(ben);
    const adas = await begin(ada, { continues: bens.cookie });
    expect(adas.session.id).not.toBe(bens.session.id);
    expect((await findSession(deps, bens.cookie))?.user.id).toBe(ben.id);
    await endSession(deps, ada.id, adas.session.id);
    expect((await begin(ada, { continues: adas.cookie })).session.id).not.toBe(adas.session.id);
  });
});

describe('noting that the person was here', () => {
  it('xC7 never revives a session that is ended at the same moment, in fifty races', async () => {
    for (let race = 0; race < 50; race += 1) {
      const { cookie, session } = await begin();
      now += 120_000;
      await Promise.all([findSession(deps, cookie), endSession(deps, ada.id, session.id)]);
      expect(await findSession(deps, cookie)).toBeUndefined();
      expect(await sessionsOf(deps, ada.id)).toEqual([]);
    }
  });
});

describe('the sessions of a person', () => {
  it('are listed newest first, without those of others', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.unshift((await begin()).session.id);
      now += 10;
    }
    await begin(ben);
    expect((await sessionsOf(deps, ada.id)).map(({ id }) => id)).toEqual(ids);
  });

  it('cannot be ended by another person', async () => {
    const { cookie, session } = await begin();
    await endSession(deps, ben.id, session.id);
    expect(await findSession(deps, cookie)).toBeDefined();
  });

  it('note at most once a minute that the person was here', async () => {
    const { cookie } = await begin();
    const before = commits.length;
    now += 59_999;
    await findSession(deps, cookie);
    expect(commits).toHaveLength(before);
    now += 1;
    expect((await findSession(deps, cookie))?.session.lastSeenAt).toBe(now);
    await findSession(deps, cookie);
    expect(commits).toHaveLength(before + 1);
    expect((await sessionsOf(deps, ada.id))[0]?.lastSeenAt).toBe(now);
  });
});
