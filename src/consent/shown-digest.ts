import { createHmac, timingSafeEqual } from 'node:crypto';

import type { LiveApp } from '#src/apps/app.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';

import type { AskView } from './consent-view.ts';

/**
 * Stands for what one person saw on one page. The form carries it; the answer only counts if the page, made anew from
 * what is stored then, has the same one (xC4, xT4). It is keyed, so nobody can make one for a page that was not shown.
 */
export function shownDigest(key: Uint8Array, request: PendingRequest, live: LiveApp, view: AskView): string {
  const shown = [
    'consent 1',
    request.uid,
    request.user,
    request.redirectUri,
    live.app.id,
    live.version.id,
    view.app,
    view.tenant.id,
    view.basis,
    view.required.map(({ scopes }) => scopes),
    view.optional.map(({ scopes }) => scopes),
    view.held.map(({ scopes }) => scopes),
    view.sharedAccess === undefined ? null : view.sharedAccess.alreadyAllowed,
    view.sharedAccessHeld,
  ];
  return createHmac('sha256', key).update(JSON.stringify(shown)).digest('base64url');
}

export function sameDigest(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
