import type { WebContext } from '#src/http/web-context.ts';

import { DEVICE_COOKIE, DEVICE_COOKIE_DAYS } from './device-cookie.ts';
import { SESSION_COOKIE } from './session-cookie.ts';
import type { SignedIn } from './sign-in.ts';

const flags = (ctx: WebContext) =>
  ({ httpOnly: true, sameSite: 'lax', secure: ctx.secure, path: '/', overwrite: true, signed: false }) as const;

/** Neither cookie needs a signature: one is 256 random bits, the other carries its own. */
export const readCookie = (ctx: WebContext, name: string): string | undefined => ctx.cookies.get(name, { signed: false });

export function setSignInCookies(ctx: WebContext, { cookie, session, deviceCookie }: Omit<SignedIn, 'user'>): void {
  ctx.cookies.set(SESSION_COOKIE, cookie, { ...flags(ctx), expires: new Date(session.expiresAt) });
  ctx.cookies.set(DEVICE_COOKIE, deviceCookie, { ...flags(ctx), maxAge: DEVICE_COOKIE_DAYS * 86_400_000 });
}

export const clearSessionCookie = (ctx: WebContext): void => {
  ctx.cookies.set(SESSION_COOKIE, '', { ...flags(ctx), expires: new Date(0) });
};
