import { Redis } from 'ioredis';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/**
 * As one would write it for oidc-provider with its documentation in hand, and as its own example does: a key with JSON
 * for each record, a hash where a record can be consumed, a list of what hangs on each grant. Nothing is atomic beyond
 * one call, tokens are stored as they are, and every write has the time to live that the library asks for.
 */
export function redisAdapter(url: string): (model: string) => Adapter {
  const redis = new Redis(url, { keyPrefix: 'oidc:' });
  return (model) => modelAdapter(redis, model);
}

const HANGS_ON_A_GRANT = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest']);
const CAN_BE_CONSUMED = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest']);

function modelAdapter(redis: Redis, model: string): Adapter {
  const isHash = CAN_BE_CONSUMED.has(model);
  const keyOf = (id: string) => `${model}:${id}`;

  async function find(id: string): Promise<AdapterPayload | undefined> {
    if (!isHash) {
      const text = await redis.get(keyOf(id));
      return text === null ? undefined : (JSON.parse(text) as AdapterPayload);
    }
    const { payload, ...rest } = await redis.hgetall(keyOf(id));
    return payload === undefined ? undefined : { ...rest, ...(JSON.parse(payload) as AdapterPayload) };
  }

  const pointedAtBy = async (pointer: string): Promise<AdapterPayload | undefined> => {
    const id = await redis.get(pointer);
    return id === null ? undefined : find(id);
  };

  return {
    async upsert(id, payload, expiresIn = 0) {
      const change = redis.multi();
      if (isHash) change.hset(keyOf(id), { payload: JSON.stringify(payload) });
      else change.set(keyOf(id), JSON.stringify(payload));
      change.expire(keyOf(id), expiresIn);
      if (HANGS_ON_A_GRANT.has(model) && payload.grantId) {
        const list = `grant:${payload.grantId}`;
        change.rpush(list, keyOf(id));
        if (expiresIn > (await redis.ttl(list))) change.expire(list, expiresIn);
      }
      for (const pointer of [payload.uid && `uid:${payload.uid}`, payload.userCode && `userCode:${payload.userCode}`]) {
        if (pointer) change.set(pointer, id, 'EX', expiresIn);
      }
      await change.exec();
    },
    find,
    findByUid: (uid) => pointedAtBy(`uid:${uid}`),
    findByUserCode: (userCode) => pointedAtBy(`userCode:${userCode}`),
    consume: async (id) => void (await redis.hset(keyOf(id), 'consumed', Math.floor(Date.now() / 1000))),
    destroy: async (id) => void (await redis.del(keyOf(id))),
    async revokeByGrantId(grantId) {
      const keys = await redis.lrange(`grant:${grantId}`, 0, -1);
      await redis.del(`grant:${grantId}`, ...keys);
    },
  };
}
