import { AppError } from '#src/errors.ts';
import { normaliseEmail } from '#src/tenants/email.ts';
import { setPasswordHash } from '#src/tenants/user-store.ts';

import { deviceOf, newDeviceCookie } from './device-cookie.ts';
import { hashPassword } from './password.ts';
import { createSession } from './session-store.ts';
import type { LiveSession } from './session.ts';
import type { SignedIn, SignInDeps } from './sign-in.ts';
import { countTry, tryWasRight } from './throttle-store.ts';

export interface PasswordChange {
  readonly live: LiveSession;
  readonly current: string;
  /** Already judged by `problemWithNewPassword`. */
  readonly next: string;
  readonly address: string;
  readonly userAgent: string;
  readonly deviceCookie: string | undefined;
}

/**
 * Ends every session of the person and begins one new for this browser. Wrong tries count like those at the sign-in
 * page, so that an unattended browser is no place to guess. `wrong_credentials` when the current password is not right.
 */
export async function changePassword(deps: SignInDeps, change: PasswordChange): Promise<SignedIn> {
  const { user } = change.live;
  const account = normaliseEmail(user.email) ?? user.id;
  const tryer = { account, address: change.address, device: deviceOf(deps.deviceKey, account, change.deviceCookie) };
  await countTry(deps, tryer);
  const { right } = await deps.passwords.verify(change.current, user.passwordHash);
  if (!right) throw new AppError('wrong_credentials', { detail: 'The current password is wrong.' });
  // Two commits: after a crash in between the password is changed and everybody is signed out, which gives nothing away.
  const changed = await setPasswordHash(deps, user.id, await hashPassword(change.next), { kind: 'user', id: user.id });
  const { cookie, session } = await createSession(deps, {
    user: changed,
    userAgent: change.userAgent,
    address: change.address,
    expiresAt: deps.clock() + deps.sessionSeconds * 1000,
  });
  await tryWasRight(deps, tryer);
  return { user: changed, session, cookie, deviceCookie: newDeviceCookie(deps.deviceKey, account) };
}
