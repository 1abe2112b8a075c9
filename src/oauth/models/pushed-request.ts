import { errors } from 'oidc-provider';

import { absent, consume, defineKind, put, unconsumed, type Key } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import type { Payload } from '../tokens/token-records.ts';
import { currentRequest } from './current-request.ts';

const PUSHED_REQUEST = defineKind<Payload>('pushed-request', { schema: 1 });

const keyOf = (id: string): Key<Payload> => ({ shard: shardOf(id), kind: PUSHED_REQUEST, id: digestOf(id) });

const refused = () => new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');

/**
 * Pushed authorization requests (RFC 9126): good for one code, however often and from wherever it is opened (xP6). It
 * is kept longer than it can be opened, for the people who opened it in time: on their way back from a page it still
 * has to be known whether somebody else was faster, and if it is not, the answer is no.
 */
export const pushedRequestModel = (deps: OAuthDeps): Model => ({
  async find(id) {
    const wasOpened = currentRequest().oidc.route === 'resume';
    const [record] = await deps.store.read(keyOf(id));
    if (!record && wasOpened) throw refused();
    if (!record || (!wasOpened && Number(record.value['exp']) * 1000 <= deps.clock())) return undefined;
    return { ...record.value, jti: id, ...(record.consumedAt ? { consumed: record.consumedAt / 1000 } : {}) };
  },
  async upsert(id, { jti: _, ...payload }, secondsToLive) {
    const key = keyOf(id);
    // One page to sign in, one to consent.
    const seconds = secondsToLive + 2 * deps.lifetimes.interaction;
    await deps.store.commit({
      shard: key.shard,
      expect: [absent(key)],
      write: [put(key, payload, { tenant: null, expiresAt: deps.clock() + seconds * 1000 })],
    });
  },
  async consume(id) {
    const key = keyOf(id);
    const result = await deps.store.commit({
      shard: key.shard,
      durable: true,
      expect: [unconsumed(key)],
      write: [consume(key)],
    });
    if (!result.ok) throw refused();
  },
});
