import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { effectiveScope } from '#src/consent/effective-permissions.ts';
import { liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { put, remove } from '#src/storage/record-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { readStanding } from '../tokens/standing.ts';
import { accessTokenKey, bindingOf, type StoredToken } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

export const accessTokenModel = (deps: OAuthDeps): Model => ({
  /** Only opaque tokens come here; they join the one commit of the request. */
  async upsert(token, { jti: _, ...payload }, secondsToLive) {
    const unit = unitOf(currentRequest());
    const key = accessTokenKey(token);
    const source = unit.code ?? unit.family;
    if (!key || !source) throw new Error('an access token comes from a code or a refresh token');
    const value: StoredToken = { ...bindingOf(source.value), payload };
    const expiresAt = deps.clock() + secondsToLive * 1000;
    unit.write.push(put(key, value, { tenant: value.tenant, expiresAt }));
  },

  /** Read through its grant: what the grant, the member or the app version lost, the token has lost (I3, I4). */
  async find(token) {
    const key = accessTokenKey(token);
    const [record] = key ? await deps.store.read(key) : [];
    if (!record) return undefined;
    const { payload, tenant, user } = record.value;
    const standing = await readStanding(deps, record.value);
    if (!standing?.family) return undefined;
    const ctx = currentRequest();
    unitOf(ctx).standing = standing;
    const scope = effectiveScope(String(payload['scope'] ?? '').split(' '), {
      grant: standing.grant.value,
      version: standing.live.version,
      catalogue: deps.catalogue,
    });
    const extra: Record<string, unknown> = { ...(payload['extra'] as object) };
    if (ctx.oidc.route === 'introspection' && scope.includes(SHARED_ACCESS)) {
      extra['shared_access_from'] = (await liveDelegationsTo(deps, tenant, user)).map((delegation) => ({
        user: delegation.giver,
        permissions: delegation.permissions,
      }));
    }
    return { ...payload, jti: token, scope: scope.join(' '), extra };
  },

  /** RFC 7009 with an access token: this one alone. With a refresh token the app takes itself out altogether. */
  async destroy(token) {
    const key = accessTokenKey(token);
    if (key) await deps.store.commit({ shard: key.shard, durable: true, write: [remove(key)] });
  },

  async revokeByGrantId() {},
});
