import { exportJWK, generateKeyPair, calculateJwkThumbprint, type JWK } from 'jose';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { absent, defineKind, put, unchanged, type Key, type StoredRecord } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';
import { seal, unseal } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

/** `current` signs, `next` is published so that everybody knows it before it signs, `retired` still verifies for a while. */
type State = 'current' | 'next' | 'retired';

interface StoredKey {
  readonly kid: string;
  readonly alg: (typeof ALGORITHMS)[number];
  readonly state: State;
  readonly createdAt: string;
  readonly retiredAt: string | null;
  /** The private JWK, sealed with a key derived from the server's secret. */
  readonly sealed: string;
}

interface KeySet {
  readonly keys: readonly StoredKey[];
}

/** Clients default to RS256 (OpenID Connect Core 1.0, section 15.1); JWT access tokens are signed with ES256. */
const ALGORITHMS = ['ES256', 'RS256'] as const;
const PURPOSE = 'private signing key';
const ORDER: readonly State[] = ['current', 'next', 'retired'];
/** Longer than anything that they signed is good for. */
const RETIRED_KEPT_MS = 24 * 3_600_000;
/** Every server, and whoever keeps the published keys for a moment, has to know a key before it signs. */
const KNOWN_AFTER_MS = 2 * 60_000;

const KEY_SET = defineKind<KeySet>('key-set', { schema: 1 });
const key: Key<KeySet> = { shard: shardOf('signing-keys'), kind: KEY_SET, id: 'signing-keys' };

async function makeKey(alg: StoredKey['alg'], state: State, secret: Uint8Array, now: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const sealed = seal(JSON.stringify({ ...jwk, kid, alg, use: 'sig' }), secret, PURPOSE);
  return { kid, alg, state, createdAt: new Date(now).toISOString(), retiredAt: null, sealed };
}

const makeKeys = (state: State, secret: Uint8Array, now: number): Promise<StoredKey[]> =>
  Promise.all(ALGORITHMS.map((alg) => makeKey(alg, state, secret, now)));

function open(set: KeySet, secret: Uint8Array): JWK[] {
  return set.keys
    .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
    .map(({ sealed, kid }) => {
      const text = unseal(sealed, secret, PURPOSE);
      if (text === undefined) {
        throw new AppError('internal_error', {
          detail: `The signing key ${kid} in storage was made with another ASSENT_SECRET.`,
        });
      }
      return JSON.parse(text) as JWK;
    });
}

async function keySet(deps: Deps, secret: Uint8Array): Promise<StoredRecord<KeySet>> {
  for (;;) {
    const [record] = await deps.store.read(key);
    if (record) return record;
    const now = deps.clock();
    const keys = [...(await makeKeys('current', secret, now)), ...(await makeKeys('next', secret, now))];
    // Servers that start together agree on the set of whoever was first.
    await deps.store.commit({
      shard: key.shard,
      durable: true,
      expect: [absent(key)],
      write: [put(key, { keys }, { tenant: null })],
    });
  }
}

/** The private keys, those that sign first. Made at first use and kept. */
export const signingKeys = async (deps: Deps, secret: Uint8Array): Promise<JWK[]> =>
  open((await keySet(deps, secret)).value, secret);

export type KeyDescription = Omit<StoredKey, 'sealed' | 'retiredAt'>;

const describe = ({ keys }: KeySet): KeyDescription[] => keys.map(({ kid, alg, state, createdAt }) => ({ kid, alg, state, createdAt }));

export const describeSigningKeys = async (deps: Deps, secret: Uint8Array): Promise<KeyDescription[]> =>
  describe((await keySet(deps, secret)).value);

/** `next` signs from now on, `current` retires, a new `next` is published. Servers take it up within a second. */
export async function rotateSigningKeys(deps: Deps, secret: Uint8Array, actor: Actor): Promise<KeyDescription[]> {
  const record = await keySet(deps, secret);
  const now = deps.clock();
  const old = (moment: string | null, age: number) => moment !== null && now - Date.parse(moment) >= age;
  const inState = (state: State) => record.value.keys.filter((stored) => stored.state === state);
  if (!inState('next').every(({ createdAt }) => old(createdAt, KNOWN_AFTER_MS))) {
    throw new AppError('conflict', { detail: 'The next keys were published less than two minutes ago; not everybody knows them yet.' });
  }
  const retiredAt = new Date(now).toISOString();
  const keys: StoredKey[] = [
    ...inState('next').map((stored) => ({ ...stored, state: 'current' as const })),
    ...(await makeKeys('next', secret, now)),
    ...inState('current').map((stored) => ({ ...stored, state: 'retired' as const, retiredAt })),
    ...inState('retired').filter((stored) => !old(stored.retiredAt, RETIRED_KEPT_MS)),
  ];
  const result = await deps.store.commit({
    shard: key.shard,
    durable: true,
    expect: [unchanged(record)],
    write: [put(key, { keys }, { tenant: null })],
    events: [happened({ type: 'signing_key.rotated', tenant: null, signing: inState('next').map(({ kid }) => kid) }, { actor, now })],
  });
  if (!result.ok) throw new AppError('conflict', { detail: 'Somebody else rotated the keys just now.' });
  return describe({ keys });
}

/**
 * In an emergency, when somebody else may have a private key: it is published no more, and nothing that it signed counts
 * here from now on. The next one of its kind signs in its place at once, though not everybody may know it yet.
 */
export async function removeSigningKey(deps: Deps, secret: Uint8Array, kid: string, actor: Actor): Promise<KeyDescription[] | undefined> {
  return revoke(deps.store, key.shard, async () => {
    const record = await keySet(deps, secret);
    const removed = record.value.keys.find((stored) => stored.kid === kid);
    const keys = removed ? await without(record.value, removed, secret, deps.clock()) : record.value.keys;
    return {
      expect: [unchanged(record)],
      write: [put(key, { keys }, { tenant: null })],
      events: removed ? [happened({ type: 'signing_key.removed', tenant: null, kid }, { actor, now: deps.clock() })] : [],
      result: removed && describe({ keys }),
    };
  });
}

async function without({ keys }: KeySet, removed: StoredKey, secret: Uint8Array, now: number): Promise<StoredKey[]> {
  const left = keys.filter((stored) => stored !== removed);
  if (removed.state === 'retired') return left;
  const fresh = await makeKey(removed.alg, 'next', secret, now);
  if (removed.state === 'next') return [...left, fresh];
  const signsNow = left.map((stored) => (stored.alg === removed.alg && stored.state === 'next' ? { ...stored, state: 'current' as const } : stored));
  return [...signsNow, fresh];
}

/** So long a server may still sign with a key that another one removed, and publish it. */
const RELOAD_MS = 1000;

/** Takes up rotated keys while the server runs; the one that rotated them does so at once. */
export function keepKeysFresh(
  replace: (keys: readonly JWK[]) => void,
  deps: Deps,
  secret: Uint8Array,
  log: { warn(details: object, message: string): void },
): { reload(): Promise<void>; stop(): void } {
  let known = -1;
  const reload = async () => {
    try {
      const { value, version } = await keySet(deps, secret);
      if (version !== known) replace(open(value, secret));
      known = version;
    } catch (err) {
      log.warn({ err }, 'the signing keys could not be read again; the ones in use stay');
    }
  };
  const timer = setInterval(() => void reload(), RELOAD_MS);
  timer.unref();
  return { reload, stop: () => clearInterval(timer) };
}
