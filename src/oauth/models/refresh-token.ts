import { readGrant, revokeGrant } from '#src/consent/grant-store.ts';
import { randomBase62 } from '#src/ids.ts';
import { confirmNone } from '#src/storage/revoke.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { endFamily } from '../tokens/end-family.ts';
import { judgeRefreshToken } from '../tokens/rotation.ts';
import { readStanding } from '../tokens/standing.ts';
import { familyKeyOfRefreshToken, type RefreshState } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

/** Its own time, or that of the family: a token that was made in the last moment of that lives a second longer. */
const isOver = ({ clock, lifetimes }: OAuthDeps, refresh: RefreshState | null): boolean =>
  refresh === null || refresh.expiresAt <= clock() || (Number(refresh.payload['iiat']) + lifetimes.refreshFamily) * 1000 <= clock();

export const refreshTokenModel = (deps: OAuthDeps): Model => {
  async function read(token: string) {
    const key = familyKeyOfRefreshToken(token);
    const [family] = key ? await deps.store.read(key) : [];
    if (key && !family && currentRequest().oidc.route === 'revocation') await confirmNone(deps.store, key);
    if (!family?.value.refresh) return undefined;
    return { family, verdict: judgeRefreshToken(token, family.value, deps.rotation, deps.clock()) };
  }

  return {
    async find(token) {
      const found = await read(token);
      if (!found) return undefined;
      const { family, verdict } = found;
      const ctx = currentRequest();
      // Only at the token endpoint is it a use; looking at an old token must not end its family.
      if (verdict.is === 'replayed' && ctx.oidc.route === 'token') await endFamily(deps, family.value.binding, 'refresh_token_replayed');
      const { refresh } = family.value;
      if (ctx.oidc.route === 'revocation') {
        // RFC 7009: an app that lost the answer to its last refresh can still take itself out with the token it has, and
        // also while that rests, with a member who is inactive say: it must not come back with them (I2).
        unitOf(ctx).family = family;
      } else {
        // The family was read just now, and the commit expects it as it was.
        const isGood = (verdict.is === 'live' || verdict.is === 'grace') && !isOver(deps, refresh);
        const standing = isGood ? await readStanding(deps, { ...family.value.binding, family: null }) : undefined;
        if (!standing) return undefined;
        Object.assign(unitOf(ctx), { family, standing, presented: { token, verdict, salt: randomBase62(22) } });
      }
      return { ...refresh?.payload, jti: token, exp: Math.floor((refresh?.expiresAt ?? 0) / 1000) };
    },

    /** Joins the one commit of the request: see `tokenChange`. */
    async upsert(token, { jti: _, ...payload }, secondsToLive) {
      unitOf(currentRequest()).newRefreshToken = { token, payload, expiresAt: deps.clock() + secondsToLive * 1000 };
    },

    async consume() {},

    /** RFC 7009: the app takes itself out, the grant ends with all its tokens (P10). */
    async destroy() {
      const binding = unitOf(currentRequest()).family?.value.binding;
      if (binding?.identity !== 'user') return;
      const grant = await readGrant(deps, binding.tenant, binding.user, binding.app);
      if (grant?.value.id === binding.grant) await revokeGrant(deps, grant, { kind: 'app', id: binding.app });
      else await endFamily(deps, binding, 'revoked_by_app');
    },

    async revokeByGrantId() {},
  };
};
