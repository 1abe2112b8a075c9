import { findSession } from '#src/sign-in/session-store.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

/**
 * oidc-provider's session is the one of `sign-in/`, seen through its cookie. It is never made, changed or ended here; what
 * the library notes in it is for the one request. A browser without one has an anonymous session that is not stored.
 */
export const sessionModel = (deps: OAuthDeps): Model => ({
  async find(cookie) {
    const found = await findSession(deps, cookie);
    if (!found) return undefined;
    const { session, user } = found;
    unitOf(currentRequest()).person = user;
    const signedInAt = Math.floor(session.signedInAt / 1000);
    return {
      kind: 'Session',
      jti: cookie,
      uid: session.id,
      accountId: session.user,
      loginTs: signedInAt,
      amr: ['pwd'],
      iat: signedInAt,
      exp: Math.floor(session.expiresAt / 1000),
    };
  },
});
