import { LRUCache } from 'lru-cache';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened } from '#src/events.ts';
import { newId, type SessionId, shardOfId, type UserId } from '#src/ids.ts';
import { defineKind, type Key, type Page, put, type RecordStore, remove, type Shard, type StoredRecord, unchanged } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { shardOf } from '#src/storage/shards.ts';
import { userKey } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

import { newSessionCookie, placeOfCookie } from './session-cookie.ts';
import { isLive, type LiveSession, type Session } from './session.ts';

/** Stored under the digest of its cookie, in the shard of its person. */
const SESSION = defineKind<Session>('session', {
  schema: 1,
  indexes: (session) => [
    { index: 'by-user', of: session.user, sort: `${session.signedInAt.toString().padStart(15, '0')} ${session.id}` },
    { index: 'by-id', of: session.id, sort: '' },
  ],
});

/** Each round lost is a change that somebody else made to the same session. */
const ROUNDS = 16;
const TOUCHED_EVERY = 60_000;
const LONGEST_USER_AGENT = 300;

const keyOf = (cookie: string): Key<Session> | undefined => {
  const place = placeOfCookie(cookie);
  return place && { shard: place.shard, kind: SESSION, id: place.digest };
};

const putSession = (key: Key<Session>, session: Session) => put(key, session, { tenant: null, expiresAt: session.expiresAt });

const tooManyChanges = () => new AppError('conflict', { detail: 'Too many changes of this session at once. Try again.' });

export interface NewSession {
  /** As the person was when they proved who they are. */
  readonly user: User;
  readonly userAgent: string;
  readonly address: string;
  readonly expiresAt: number;
  /** The cookie of a live session of the same person: it goes on as the same session, under a new cookie. */
  readonly continues?: string | undefined;
  /** The same password, hashed with better parameters. */
  readonly rehash?: string | undefined;
}

/**
 * Signs the person in. Who was disabled, got another password or was signed out everywhere since `user` was read has
 * proved nothing: the commit expects the person's record exactly as it was judged.
 */
export async function createSession(deps: Deps, input: NewSession): Promise<{ cookie: string; session: Session }> {
  const { store, clock } = deps;
  const person = userKey(input.user.id);
  for (let round = 0; round < ROUNDS; round += 1) {
    const [record] = await store.read(person);
    if (!record || !isSameProof(input.user, record.value)) throw new AppError('wrong_credentials');
    const old = await continued(deps, input);
    const now = clock();
    const cookie = newSessionCookie(person.shard);
    const session: Session = {
      id: old?.value.id ?? newId('session', person.shard),
      user: input.user.id,
      signedInAt: now,
      lastSeenAt: now,
      expiresAt: input.expiresAt,
      beganUnder: record.value.sessionsValidFrom,
      userAgent: input.userAgent.slice(0, LONGEST_USER_AGENT),
      address: input.address,
    };
    const rehashed = input.rehash === undefined ? [] : [put(person, { ...record.value, passwordHash: input.rehash }, { tenant: null })];
    const result = await store.commit({
      shard: person.shard,
      expect: [unchanged(record), ...(old ? [unchanged(old)] : [])],
      write: [...rehashed, ...(old ? [remove(old.key)] : []), putSession(keyIn(person.shard, cookie), session)],
      events: [happened({ type: 'user.signed_in', tenant: null, user: session.user, session: session.id }, { actor: { kind: 'user', id: session.user }, now })],
    });
    if (result.ok) return { cookie, session };
  }
  throw tooManyChanges();
}

const isSameProof = (judged: User, now: User): boolean =>
  now.status === 'active' && now.passwordHash === judged.passwordHash && now.sessionsValidFrom === judged.sessionsValidFrom;

const keyIn = (shard: Shard, cookie: string): Key<Session> => ({ shard, kind: SESSION, id: placeOfCookie(cookie)?.digest ?? '' });

async function continued(deps: Deps, { continues, user }: NewSession): Promise<StoredRecord<Session> | undefined> {
  const record = continues === undefined ? undefined : await readSession(deps, continues);
  return record && isLive(record.value, user, deps.clock()) ? record : undefined;
}

async function readSession({ store }: Deps, cookie: string): Promise<StoredRecord<Session> | undefined> {
  const key = keyOf(cookie);
  return key && (await store.read(key))[0];
}

/** The live session of this cookie with its person. Notes at most once a minute that the person was here. */
export async function findSession(deps: Deps, cookie: string): Promise<LiveSession | undefined> {
  const key = keyOf(cookie);
  const { record, user } = key ? await readWithUser(deps, key) : {};
  const now = deps.clock();
  if (!record || !isLive(record.value, user, now)) return undefined;
  if (now - record.value.lastSeenAt < TOUCHED_EVERY) return { session: record.value, user };
  const session = { ...record.value, lastSeenAt: now };
  // Whoever changed or ended it meanwhile is right: nothing is tried again.
  await deps.store.commit({ shard: record.key.shard, expect: [unchanged(record)], write: [putSession(record.key, session)] });
  return { session, user };
}

/** Whose a session was when it was read before, so that both are read in one round trip. What counts is what its record says. */
const readBefore = new WeakMap<RecordStore, LRUCache<string, UserId>>();

async function readWithUser({ store }: Deps, key: Key<Session>): Promise<{ record?: StoredRecord<Session> | undefined; user?: User | undefined }> {
  const whose = readBefore.get(store) ?? new LRUCache<string, UserId>({ max: 10_000 });
  readBefore.set(store, whose);
  const likely = whose.get(key.id);
  const [record, person] = likely === undefined ? await store.read(key) : await store.read(key, userKey(likely));
  if (!record || record.value.user === likely) return { record, user: person?.value };
  whose.set(key.id, record.value.user);
  return { record, user: (await store.read(userKey(record.value.user)))[0]?.value };
}

async function recordById({ store }: Deps, shard: Shard, id: SessionId): Promise<StoredRecord<Session> | undefined> {
  const { records } = await store.scan({ shard, kind: SESSION, index: 'by-id', of: id, limit: 1 });
  return records[0];
}

/** The live sessions of a person, the newest first. */
export async function sessionsOf({ store, clock }: Deps, user: UserId): Promise<Session[]> {
  const { shard } = userKey(user);
  const live: Session[] = [];
  let after: string | undefined;
  do {
    const [[person], page]: [[StoredRecord<User> | undefined], Page<Session>] = await Promise.all([
      store.read(userKey(user)),
      store.scan({ shard, kind: SESSION, index: 'by-user', of: user, limit: 100, direction: 'descending', ...(after !== undefined && { after }) }),
    ]);
    live.push(...page.records.map(({ value }) => value).filter((session) => isLive(session, person?.value, clock())));
    after = page.next;
  } while (after !== undefined);
  return live;
}

/** Ends one session of this person; of another person, or none, is nothing to end. */
export const endSession = (deps: Deps, user: UserId, id: SessionId): Promise<void> =>
  revoke(deps.store, shardOf(user), async () => {
    const shard = shardOf(user);
    // A renewed cookie is another record: it is looked for again instead of being missed.
    const record = shardOfId('session', id) === shard ? await recordById(deps, shard, id) : undefined;
    if (record && record.value.user !== user) return { result: undefined };
    // Where it was is not known once it is gone; that it is gone is made durable by a commit of its shard.
    if (!record) return { expect: [], write: [remove({ shard, kind: SESSION, id })], events: [], result: undefined };
    const events = [happened({ type: 'user.signed_out', tenant: null, user, session: id }, { actor: { kind: 'user', id: user }, now: deps.clock() })];
    return { expect: [unchanged(record)], write: [remove(record.key)], events, result: undefined };
  });
