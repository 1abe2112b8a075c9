import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { Grant } from '#src/consent/grant.ts';
import { newId, type AppId, type UserId } from '#src/ids.ts';
import { absent, put, unchanged, type Expectation } from '#src/storage/record-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { tenancyOf } from '../tenancy.ts';
import { endFamily } from '../tokens/end-family.ts';
import { readStanding, readTenantStanding } from '../tokens/standing.ts';
import { codeKey, type StoredCode } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';
import { withSharedAccess } from './grant.ts';

export const authorizationCodeModel = (deps: OAuthDeps): Model => ({
  /**
   * One commit in the tenant's shard: the code, and with it the grant that the person decided on. It only happens if
   * the member and the grant are as the decision found them, so nothing is granted that was taken back meanwhile.
   */
  async upsert(code, { jti: _, ...payload }, secondsToLive) {
    const ctx = currentRequest();
    const { tenant, member, stored, grant } = tenancyOf(ctx);
    const key = codeKey(code);
    if (!key || !tenant || !member || !grant) throw new errors.AccessDenied('nothing was granted');
    const { grantChange } = unitOf(ctx);
    const value: StoredCode = {
      binding: {
        identity: 'user',
        tenant,
        user: payload.accountId as UserId,
        membership: member.value.membership,
        app: payload.clientId as AppId,
        grant: grant.id,
        family: newId('family'),
      },
      alsoFor: null,
      payload: { ...payload, scope: withSharedAccess(codeScope(ctx, payload.scope, grant)) },
    };
    const grantStands: readonly Expectation[] = grantChange?.expect ?? (stored ? [unchanged(stored)] : []);
    const result = await deps.store.commit({
      shard: key.shard,
      durable: grantChange !== undefined,
      expect: [absent(key), unchanged(member), ...grantStands],
      write: [...(grantChange?.write ?? []), put(key, value, { tenant, expiresAt: deps.clock() + secondsToLive * 1000 })],
      events: grantChange?.events ?? [],
    });
    if (!result.ok) throw new errors.AccessDenied('what was granted changed meanwhile; start again');
  },

  async find(code) {
    const key = codeKey(code);
    const [record] = key ? await deps.store.read(key) : [];
    if (!record) return undefined;
    const standing = await readStanding(deps, record.value.binding);
    if (!standing) return undefined;
    const { binding, alsoFor } = record.value;
    const { tenant, app } = binding;
    const alsoStanding = alsoFor && (await readTenantStanding(deps, { identity: 'tenant', tenant, app, family: null, installation: alsoFor }));
    if (alsoFor !== null && !alsoStanding) return undefined;
    Object.assign(unitOf(currentRequest()), { code: record, standing, ...(alsoStanding ? { alsoStanding } : {}) });
    return { ...record.value.payload, jti: code, ...(record.consumedAt ? { consumed: record.consumedAt / 1000 } : {}) };
  },

  /** Consumed in the commit that stores the tokens: see `tokenChange`. */
  async consume() {},

  /** A consumed code came back with the right client and verifier: RFC 6749 section 4.1.2, xP2. */
  async revokeByGrantId() {
    const { code } = unitOf(currentRequest());
    if (code?.consumedAt) await endFamily(deps, code.value.binding, 'code_replayed');
  },
});

/** `include_granted_scopes=true`: the code is for all that the grant holds, not only for what was asked this time (Z12). */
const codeScope = (ctx: KoaContextWithOIDC, asked: string | undefined, grant: Grant): string =>
  ctx.oidc.params?.['include_granted_scopes'] === 'true'
    ? [...new Set([...(asked ?? '').split(' '), ...grant.permissions])].filter(Boolean).join(' ')
    : (asked ?? '');


