import type { Deps } from '#src/deps.ts';
import type { Actor } from '#src/events.ts';
import { redirectTo } from '#src/http/render.ts';
import type { WebContext, WebMiddleware } from '#src/http/web-context.ts';

import { readCookie } from './browser-cookies.ts';
import { SESSION_COOKIE } from './session-cookie.ts';
import { findSession } from './session-store.ts';
import type { LiveSession } from './session.ts';

export async function currentSession(deps: Deps, ctx: WebContext): Promise<LiveSession | undefined> {
  const cookie = readCookie(ctx, SESSION_COOKIE);
  return cookie === undefined ? undefined : findSession(deps, cookie);
}

/** For pages that are good for anybody and know who is there: sets `ctx.state.signedIn` when somebody is. */
export const knowSignedIn =
  (deps: Deps): WebMiddleware =>
  async (ctx, next) => {
    const live = await currentSession(deps, ctx);
    if (live) ctx.state.signedIn = live;
    await next();
  };

/** For pages of one's own: others are led to the sign-in page and come back, a form that was sent is not repeated. */
export const requireSignedIn =
  (deps: Deps): WebMiddleware =>
  async (ctx, next) => {
    const live = await currentSession(deps, ctx);
    if (!live) return redirectTo(ctx, signInPath(ctx.method === 'GET' || ctx.method === 'HEAD' ? ctx.url : '/account'));
    ctx.state.signedIn = live;
    await next();
  };

export const signInPath = (returnTo: string): string => `/sign-in?${new URLSearchParams({ return_to: returnTo }).toString()}`;

/** The person whom `requireSignedIn` let in. */
export function signedInOf(ctx: WebContext): LiveSession {
  if (!ctx.state.signedIn) throw new Error('This page is not behind requireSignedIn');
  return ctx.state.signedIn;
}

/** The same person, as who does what the page asks for. */
export const actorOf = (ctx: WebContext): Actor => ({ kind: 'user', id: signedInOf(ctx).user.id });
