import { errors, type AdapterPayload, type KoaContextWithOIDC } from 'oidc-provider';

import { shutsOf } from '#src/approvals/decide.ts';
import type { Grant } from '#src/consent/grant.ts';
import { newId, type AppId } from '#src/ids.ts';
import { absent, put } from '#src/storage/record-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { identityAsked } from '../check-request.ts';
import { tenancyOf } from '../tenancy.ts';
import { endFamily } from '../tokens/end-family.ts';
import { readStanding, readTenantStanding } from '../tokens/standing.ts';
import { codeKey, type StoredCode } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';
import { withSharedAccess } from './grant.ts';

export const authorizationCodeModel = (deps: OAuthDeps): Model => ({
  /**
   * One commit in the tenant's shard: the code, and with it the grant or installation that the person decided on. It
   * only happens if the member and what stood there are as the decision found them, so nothing is granted that was
   * taken back meanwhile.
   */
  async upsert(code, { jti: _, ...payload }, secondsToLive) {
    const ctx = currentRequest();
    const key = codeKey(code);
    const { codeChange } = unitOf(ctx);
    const { details } = tenancyOf(ctx);
    const value = key && codeChange && codeValue(ctx, details.length > 0 ? ({ ...payload, rar: details } as unknown as AdapterPayload) : payload);
    if (!value) throw new errors.AccessDenied('nothing was granted');
    const { tenant } = value.binding;
    const result = await deps.store.commit({
      shard: key.shard,
      durable: codeChange.write.length > 0,
      expect: [absent(key), ...codeChange.expect],
      write: [...codeChange.write, put(key, value, { tenant, expiresAt: deps.clock() + secondsToLive * 1000 })],
      events: codeChange.events,
    });
    if (!result.ok) throw new errors.AccessDenied('what was granted changed meanwhile; start again');
  },

  async find(code) {
    const key = codeKey(code);
    const [record] = key ? await deps.store.read(key) : [];
    if (!record) return undefined;
    const standing = await readStanding(deps, record.value.binding);
    // A code that comes back ends what came of it also while that rests: it must not wake up later (xP2, I2).
    if (!standing && record.consumedAt === null) return undefined;
    const { binding, alsoFor } = record.value;
    const { tenant, app } = binding;
    const alsoStanding = alsoFor && standing && (await readTenantStanding(deps, { identity: 'tenant', tenant, app, family: null, shuts: binding.shuts, installation: alsoFor }));
    if (alsoFor !== null && !alsoStanding && record.consumedAt === null) return undefined;
    Object.assign(unitOf(currentRequest()), { code: record, ...(standing && { standing }), ...(alsoStanding ? { alsoStanding } : {}) });
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

/** What the code hangs on, from what was settled for this request. */
function codeValue(ctx: KoaContextWithOIDC, payload: AdapterPayload): StoredCode | undefined {
  const { tenant, member, app: inTenant, grant, installation } = tenancyOf(ctx);
  if (!tenant || !member || !inTenant) return undefined;
  const app = payload.clientId as AppId;
  const [family, shuts] = [newId('family'), shutsOf(inTenant.approval)];
  const identity = identityAsked(ctx);
  if (identity === 'tenant') {
    if (!installation) return undefined;
    const binding = { identity: 'tenant', tenant, app, installation: installation.id, family, shuts } as const;
    return { binding, alsoFor: null, payload };
  }
  if (!grant || (identity === 'user tenant' && !installation)) return undefined;
  const { user, membership } = member.member;
  return {
    binding: { identity: 'user', tenant, user, membership, app, grant: grant.id, family, shuts },
    alsoFor: installation?.id ?? null,
    payload: { ...payload, scope: withSharedAccess(codeScope(ctx, payload.scope, grant)) },
  };
}

/** `include_granted_scopes=true`: the code is for all that the grant holds, not only for what was asked this time (Z12). */
const codeScope = (ctx: KoaContextWithOIDC, asked: string | undefined, grant: Grant): string =>
  ctx.oidc.params?.['include_granted_scopes'] === 'true'
    ? [...new Set([...(asked ?? '').split(' '), ...grant.permissions])].filter(Boolean).join(' ')
    : (asked ?? '');


