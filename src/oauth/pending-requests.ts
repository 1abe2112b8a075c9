import type Provider from 'oidc-provider';
import type { AdapterPayload } from 'oidc-provider';

import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { PendingConsents } from '#src/consent/pending-consent.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { SESSION_COOKIE } from '#src/sign-in/session-cookie.ts';
import { findSession } from '#src/sign-in/session-store.ts';
import type { Exchange, PendingRequest, PendingSignIns } from '#src/sign-in/pending-request.ts';

import { identityOf } from './check-request.ts';
import { mannerOf } from './grant-management.ts';
import { DETAILS_ASKED } from './provider-internals.ts';
import { resourcesAsked } from './resource-access.ts';
import { answerInteraction, readInteraction } from './models/interaction.ts';
import { ROUTES } from './provider.ts';

interface Waiting {
  readonly payload: AdapterPayload;
  readonly version: number;
}

const expired = () => new AppError('interaction_expired');

/**
 * What waits for a person, for the pages. The request is open only in the browser that began it (a signed cookie
 * bound to its path) and, once somebody signed in, only for the session it was bound to (xC2).
 */
export function pendingRequests(deps: Deps, provider: Provider): PendingSignIns & PendingConsents {
  const cookiesOf = ({ req, res }: Exchange) => provider.createContext(req, res).cookies;

  async function open(exchange: Exchange, uid: string): Promise<Waiting> {
    const held = cookiesOf(exchange).get('assent_interaction', { signed: true });
    const waiting = held === uid ? await readInteraction(deps, uid) : undefined;
    if (!waiting) throw expired();
    return waiting;
  }

  async function openForItsPerson(exchange: Exchange, uid: string): Promise<Waiting> {
    const waiting = await open(exchange, uid);
    const bound = waiting.payload.session as { uid?: string; accountId?: string } | undefined;
    const cookie = cookiesOf(exchange).get(SESSION_COOKIE, { signed: false });
    const current = cookie === undefined ? undefined : await findSession(deps, cookie);
    if (!bound || current?.session.id !== bound.uid || current?.session.user !== bound.accountId) throw expired();
    return waiting;
  }

  /** The same answer twice leads to the same place; another answer than the one given is too late. */
  async function answer(waiting: Waiting, uid: string, payload: AdapterPayload): Promise<string> {
    const kept = waiting.payload.result as { at?: number } | undefined;
    if (!kept && !(await answerInteraction(deps, uid, { payload, version: waiting.version }))) {
      if (!(await readInteraction(deps, uid))) throw expired();
    }
    return new URL(waiting.payload.returnTo as string).pathname;
  }

  return {
    find: async (exchange, uid) => describe(uid, (await open(exchange, uid)).payload),

    async signedIn(exchange, uid, user) {
      const waiting = await open(exchange, uid);
      const login = { accountId: user, ts: Math.floor(deps.clock() / 1000), amr: ['pwd'], remember: true };
      // The session was made by this very sign-in, so the request is bound to the person from here on.
      // Whoever signs in again, after going back say, is the one who counts: the cookie is theirs now.
      const again = { ...waiting, payload: { ...waiting.payload, result: undefined } } as Waiting;
      return answer(again, uid, { ...waiting.payload, session: undefined, result: { login } } as AdapterPayload);
    },

    async consented(exchange, uid, consent) {
      const waiting = await openForItsPerson(exchange, uid);
      const result = { ...(waiting.payload['lastSubmission'] as object | undefined), consent };
      return answer(waiting, uid, { ...waiting.payload, result } as unknown as AdapterPayload);
    },

    async refused(exchange, uid, { error, description }) {
      const waiting = await openForItsPerson(exchange, uid);
      return answer(waiting, uid, { ...waiting.payload, result: { error, error_description: description } } as AdapterPayload);
    },
  };
}

function describe(uid: string, payload: AdapterPayload): PendingRequest {
  const params = payload.params as Record<string, string | undefined>;
  return {
    uid,
    waitsFor: payload.prompt?.name === 'login' ? 'sign-in' : 'consent',
    app: params['client_id'] as AppId,
    redirectUri: params['redirect_uri'] ?? '',
    identity: identityOf(params['identity']),
    scopes: (params['scope'] ?? '').split(' ').filter((scope) => scope !== '' && scope !== SHARED_ACCESS),
    resources: resourcesAsked(params),
    tenantHint: params['tenant'] as TenantId | undefined,
    loginHint: params['login_hint'],
    includeGranted: params['include_granted_scopes'] === 'true',
    manner: mannerOf(params),
    namesGrant: params['grant_id'] !== undefined,
    user: (payload.session as { accountId?: UserId } | undefined)?.accountId,
    restartPath: restartPath(params),
  };
}

/** Starting over drops what may be used only once and what would skip the question. */
function restartPath(params: Record<string, string | readonly string[] | undefined>): string {
  const { request_uri: _, [DETAILS_ASKED]: details, ...rest } = params;
  const again = { ...rest, authorization_details: details };
  // `resource` alone may stand there several times (RFC 8707).
  const query = new URLSearchParams(Object.entries(again).flatMap(([name, value]) => [value ?? []].flat().map((each): [string, string] => [name, each])));
  return `${ROUTES.authorization}?${query.toString()}`;
}
