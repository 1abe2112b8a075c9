import { errors } from 'oidc-provider';

import { absent, consume, defineKind, put, unconsumed, type Key } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import type { Payload } from '../tokens/token-records.ts';

const PUSHED_REQUEST = defineKind<Payload>('pushed-request', { schema: 1 });

const keyOf = (id: string): Key<Payload> => ({ shard: shardOf(id), kind: PUSHED_REQUEST, id: digestOf(id) });

/** Pushed authorization requests (RFC 9126): good for one code, however often and from wherever it is opened (xP6). */
export const pushedRequestModel = (deps: OAuthDeps): Model => ({
  async find(id) {
    const [record] = await deps.store.read(keyOf(id));
    return record && { ...record.value, jti: id, ...(record.consumedAt ? { consumed: record.consumedAt / 1000 } : {}) };
  },
  async upsert(id, { jti: _, ...payload }, secondsToLive) {
    const key = keyOf(id);
    await deps.store.commit({
      shard: key.shard,
      expect: [absent(key)],
      write: [put(key, payload, { tenant: null, expiresAt: deps.clock() + secondsToLive * 1000 })],
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
    if (!result.ok) throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
  },
});
