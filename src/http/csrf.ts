import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import { AppError } from '#src/errors.ts';

import type { WebContext } from './web-context.ts';

const COOKIE = 'assent_form';
const SALT_BYTES = 12;

/**
 * The token for a form: a signed double submit. It is good for this browser (a cookie of its own), for the session of
 * the person signed in when the page was made, and for this purpose only, so that a token from one form opens no other.
 */
export function csrfToken(ctx: WebContext, purpose: string): string {
  const salt = randomBytes(SALT_BYTES);
  return Buffer.concat([salt, sign(ctx, purpose, formCookie(ctx), salt)]).toString('base64url');
}

export function checkCsrfToken(ctx: WebContext, purpose: string, token: string): void {
  const cookie = ctx.cookies.get(COOKIE, { signed: false });
  const bytes = Buffer.from(token, 'base64url');
  const given = bytes.subarray(SALT_BYTES);
  const right = sign(ctx, purpose, cookie ?? '', bytes.subarray(0, SALT_BYTES));
  if (cookie === undefined || given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new AppError('csrf_failed');
  }
}

function sign(ctx: WebContext, purpose: string, cookie: string, salt: Uint8Array): Buffer {
  const session = ctx.state.signedIn?.session.id ?? '';
  return createHmac('sha256', ctx.state.site.csrfKey)
    .update(JSON.stringify([salt.toString(), cookie, session, purpose]))
    .digest();
}

/** Set at most once in a request, and remembered for the forms that follow on the same page. */
function formCookie(ctx: WebContext): string {
  const known = ctx.state.formCookie ?? ctx.cookies.get(COOKIE, { signed: false });
  if (known !== undefined && /^[\w-]{22}$/.test(known)) return known;
  const made = randomBytes(16).toString('base64url');
  ctx.cookies.set(COOKIE, made, { httpOnly: true, sameSite: 'lax', secure: ctx.secure, path: '/', overwrite: true, signed: false });
  ctx.state.formCookie = made;
  return made;
}
