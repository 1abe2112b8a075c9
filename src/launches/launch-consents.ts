import { z } from 'zod';

import { findLiveApp } from '#src/apps/app-store.ts';
import { resourcesOf } from '#src/apps/resource-permissions.ts';
import type { PendingConsents } from '#src/consent/pending-consent.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, UserId } from '#src/ids.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';

import { connectApp } from './connect-app.ts';
import type { LaunchDeps } from './launch-facts.ts';
import { launchPath, type LaunchLink } from './launch-path.ts';
import { launchTarget } from './launch-target.ts';

/** No request of the protocol has a name like this. */
const PREFIX = 'launch~';

interface Wanted {
  readonly link: LaunchLink;
  readonly user: UserId;
}

/**
 * Consent before a launch asks what a consent page asks, and no app waits for it: nothing has to be kept. The name of the
 * request says what is to be opened, and by whom the question was begun; the answer makes the grant and leads back to the
 * launch. Whoever makes such a name up gets no further than by a link to the launch itself.
 */
export const consentPath = (link: LaunchLink, user: UserId): string =>
  `/consent/${PREFIX}${Buffer.from(JSON.stringify({ link, user } satisfies Wanted)).toString('base64url')}`;

const text = z.string().max(2000);
const wanted = z.strictObject({
  link: z.strictObject({ app: text, tenant: text, context: text.nullable(), resource: z.strictObject({ kind: text, id: text }).nullable(), redirectUri: text.nullable() }),
  user: text,
});

function wantedIn(uid: string): Wanted {
  try {
    return wanted.parse(JSON.parse(Buffer.from(uid.slice(PREFIX.length), 'base64url').toString('utf8'))) as Wanted;
  } catch (cause) {
    throw new AppError('interaction_expired', { cause });
  }
}

/** The consent page for launches and, for every other request, for `others`. */
export function launchConsents(deps: LaunchDeps, others: PendingConsents): PendingConsents {
  const isLaunch = (uid: string) => uid.startsWith(PREFIX);
  return {
    find: async (exchange, uid) => (isLaunch(uid) ? requestOf(deps, uid) : others.find(exchange, uid)),
    async consented(exchange, uid, answer) {
      if (!isLaunch(uid)) return others.consented(exchange, uid, answer);
      const { link, user } = wantedIn(uid);
      const { scopes } = await requestOf(deps, uid);
      await connectApp(deps, { app: link.app, user, answer, asked: scopes });
      // Whoever chose another tenant on the page has left the place behind.
      return launchPath(answer.tenant === link.tenant ? link : { ...link, tenant: answer.tenant, context: null, resource: null });
    },
    async refused(exchange, uid, reason) {
      if (!isLaunch(uid)) return others.refused(exchange, uid, reason);
      return launchPath(wantedIn(uid).link, { refused: 'yes' });
    },
  };
}

/** As if the app had asked for all that its version declares for members. */
async function requestOf(deps: LaunchDeps, uid: string): Promise<PendingRequest> {
  const { link, user } = wantedIn(uid);
  const live = await findLiveApp(deps, link.app as AppId);
  if (live?.app.status !== 'active') throw new AppError('app_disabled');
  const { required, optional } = live.version.permissions.user;
  return {
    uid,
    waitsFor: 'consent',
    app: link.app,
    redirectUri: launchTarget(live.version, link.redirectUri),
    identity: 'user',
    scopes: ['openid', ...required, ...optional],
    // A node that it could do without is asked for by the app, when it is needed.
    resources: resourcesOf(live.version, 'user').flatMap(({ required: needed, kind, right, template }) => (needed ? [{ kind, right, template, identifier: null }] : [])),
    tenantHint: link.tenant ?? undefined,
    loginHint: undefined,
    includeGranted: false,
    manner: 'merge',
    namesGrant: false,
    user,
    restartPath: launchPath(link),
  };
}
