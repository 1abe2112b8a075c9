import { revokeGrant } from '#src/consent/grant-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { endFamily } from '../tokens/end-family.ts';
import { judgeRefreshToken } from '../tokens/rotation.ts';
import { readStanding } from '../tokens/standing.ts';
import { familyKeyOfRefreshToken } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

export const refreshTokenModel = (deps: OAuthDeps): Model => {
  async function read(token: string) {
    const key = familyKeyOfRefreshToken(token);
    const [family] = key ? await deps.store.read(key) : [];
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
      // RFC 7009: an app that lost the answer to its last refresh can still take itself out with the token it has.
      const isGood = verdict.is === 'live' || verdict.is === 'grace' || ctx.oidc.route === 'revocation';
      if (!isGood) return undefined;
      const standing = await readStanding(deps, family.value.binding);
      if (!standing) return undefined;
      Object.assign(unitOf(ctx), { family, standing, presented: { token, verdict } });
      const { refresh } = family.value;
      return { ...refresh?.payload, jti: token, exp: Math.floor((refresh?.expiresAt ?? 0) / 1000) };
    },

    /** Joins the one commit of the request: see `tokenChange`. */
    async upsert(token, { jti: _, ...payload }, secondsToLive) {
      unitOf(currentRequest()).newRefreshToken = { token, payload, expiresAt: deps.clock() + secondsToLive * 1000 };
    },

    async consume() {},

    /** RFC 7009: the app takes itself out, the grant ends with all its tokens (P10). */
    async destroy() {
      const { standing } = unitOf(currentRequest());
      if (standing?.identity === 'user') await revokeGrant(deps, standing.grant, { kind: 'app', id: standing.grant.value.app });
    },

    async revokeByGrantId() {},
  };
};
