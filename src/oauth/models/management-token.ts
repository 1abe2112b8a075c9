import type { OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';
import { put, remove } from '#src/storage/record-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { managementTokenKey } from '../tokens/token-records.ts';

/** Tokens of operators for the management API, by client_credentials. They die with the operator's credential. */
export const managementTokenModel = (deps: OAuthDeps): Model => ({
  async upsert(token, { jti: _, ...payload }, secondsToLive) {
    const key = managementTokenKey(token);
    if (!key) throw new Error('not the text of a management token');
    const value = { operator: payload.clientId as OperatorId, payload };
    await deps.store.commit({
      shard: key.shard,
      write: [put(key, value, { tenant: null, expiresAt: deps.clock() + secondsToLive * 1000 })],
    });
  },

  async find(token) {
    const key = managementTokenKey(token);
    const [record] = key ? await deps.store.read(key) : [];
    if (!record || !(await findOperator(deps, record.value.operator))) return undefined;
    return { ...record.value.payload, jti: token };
  },

  async destroy(token) {
    const key = managementTokenKey(token);
    if (key) await deps.store.commit({ shard: key.shard, durable: true, write: [remove(key)] });
  },
});
