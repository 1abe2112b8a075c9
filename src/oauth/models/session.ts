import { findSession, findSessionById, saveProtocolState, endSession } from '#src/sign-in/session-store.ts';
import type { SessionId } from '#src/ids.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

/** What oidc-provider keeps in a session besides who is signed in. */
const PROTOCOL_STATE = ['authorizations', 'state'] as const;

const stateIn = (payload: Record<string, unknown>) =>
  Object.fromEntries(PROTOCOL_STATE.filter((name) => payload[name] !== undefined).map((name) => [name, payload[name]]));

/**
 * oidc-provider's session is the one of `sign-in/`, seen through its cookie. It is never made here, and saving never
 * brings back one that was ended meanwhile. A browser without one has an anonymous session that is not stored.
 */
export const sessionModel = (deps: OAuthDeps): Model => {
  const payloadOf = (cookie: string, found: Awaited<ReturnType<typeof findSession>>) => {
    if (!found) return undefined;
    const { session } = found;
    const signedInAt = Math.floor(session.signedInAt / 1000);
    return {
      ...session.protocol,
      kind: 'Session',
      jti: cookie,
      uid: session.id,
      accountId: session.user,
      loginTs: signedInAt,
      amr: ['pwd'],
      iat: signedInAt,
      exp: Math.floor(session.expiresAt / 1000),
    };
  };
  return {
    async find(cookie) {
      const found = await findSession(deps, cookie);
      if (found) Object.assign(unitOf(currentRequest()), { sessionState: JSON.stringify(stateIn(found.session.protocol)), person: found.user });
      return payloadOf(cookie, found);
    },
    findByUid: async (uid) => payloadOf('', await findSessionById(deps, uid as SessionId)),
    /** After every request; most of the time nothing changed, and then nothing is written. */
    async upsert(cookie, payload) {
      const { sessionState } = unitOf(currentRequest());
      const state = stateIn(payload);
      if (sessionState === undefined || JSON.stringify(state) === sessionState) return;
      await saveProtocolState(deps, cookie, state);
    },
    async destroy(cookie) {
      const found = await findSession(deps, cookie);
      if (found) await endSession(deps, found.session.user, found.session.id);
    },
  };
};
