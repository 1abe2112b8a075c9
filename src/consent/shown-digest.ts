import { createHmac, timingSafeEqual } from 'node:crypto';

import type { LiveApp } from '#src/apps/app.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';

import type { AskView, HinderedView } from './consent-view.ts';
import type { PermissionLine } from './permission-line.ts';
import type { ReviewLine } from './review-line.ts';

const scopes = (lines: readonly PermissionLine[]) => lines.map((line) => line.scopes);
const states = (lines: readonly ReviewLine[]) => lines.map((line) => [line.scopes, line.state, line.link]);

const ofQuestion = ({ user, installation, askAlong, generation, yes }: AskView) => [
  user && [
    user.basis,
    scopes(user.required),
    scopes(user.optional),
    scopes(user.held),
    user.replaced && [user.replaced.manner, scopes(user.replaced.lost), user.replaced.sharedAccess],
    user.nodes.map(({ asked }) => asked),
    user.heldNodes,
    states(user.inReview),
    scopes(user.blocked),
    user.sharedAccess === undefined ? null : user.sharedAccess.alreadyAllowed,
    user.sharedAccessHeld,
  ],
  installation && [
    installation.basis,
    scopes(installation.required),
    scopes(installation.optional),
    scopes(installation.held),
    installation.nodes.map(({ asked }) => asked),
    installation.heldNodes,
    states(installation.inReview),
    scopes(installation.blocked),
    installation.approving,
  ],
  askAlong && [askAlong.user, askAlong.tenant],
  generation,
  yes,
];

const ofHindrance = ({ why, needed, ask }: HinderedView) => [why, states(needed), ask];

/**
 * Stands for what one person saw on one page. The form carries it; the answer only counts if the page, made anew from
 * what is stored then, has the same one (xC4, xT4, xA2). It is keyed, so nobody can make one for a page that was not
 * shown.
 */
export function shownDigest(key: Uint8Array, request: PendingRequest, live: LiveApp, view: AskView | HinderedView): string {
  const shown = [
    'consent 4',
    request.uid,
    request.user,
    request.redirectUri,
    live.app.id,
    live.version.id,
    view.app,
    view.tenant.id,
    view.page,
    view.page === 'ask' ? ofQuestion(view) : ofHindrance(view),
  ];
  return createHmac('sha256', key).update(JSON.stringify(shown)).digest('base64url');
}

export function sameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
