import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { normaliseEmail } from '#src/tenants/email.ts';
import { findUserByEmail } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';

import { deviceOf, newDeviceCookie } from './device-cookie.ts';
import type { Passwords } from './password.ts';
import { createSession, endSession, findSession } from './session-store.ts';
import type { Session } from './session.ts';
import { countTry, tryFailed, tryWasRight } from './throttle-store.ts';

export interface SignInDeps extends Deps {
  readonly passwords: Passwords;
  /** Signs the cookies that tell known browsers; 32 bytes for nothing else. */
  readonly deviceKey: Uint8Array;
  /** How long a person stays signed in, in seconds. */
  readonly sessionSeconds: number;
}

export interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly address: string;
  readonly userAgent: string;
  readonly deviceCookie: string | undefined;
  /** The session cookie that the browser sent, if any. */
  readonly sessionCookie: string | undefined;
}

export interface SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly cookie: string;
  readonly deviceCookie: string;
}

/**
 * One answer, `wrong_credentials`, and one amount of work for whoever cannot sign in: unknown, disabled, without a
 * password, or wrong.
 */
export async function signIn(deps: SignInDeps, attempt: SignInAttempt): Promise<SignedIn> {
  const account = normaliseEmail(attempt.email);
  if (account === undefined) throw new AppError('wrong_credentials');
  const tryer = { account, address: attempt.address, device: deviceOf(deps.deviceKey, account, attempt.deviceCookie) };
  await countTry(deps, tryer);

  const user = await findUserByEmail(deps, account);
  const { right, rehash } = await deps.passwords.verify(attempt.password, user?.passwordHash ?? null);
  if (!right || user?.status !== 'active') {
    await tryFailed(deps, tryer);
    throw new AppError('wrong_credentials');
  }
  await endSessionOfAnother(deps, user, attempt.sessionCookie);
  const { cookie, session } = await createSession(deps, {
    user,
    userAgent: attempt.userAgent,
    address: attempt.address,
    expiresAt: deps.clock() + deps.sessionSeconds * 1000,
    continues: attempt.sessionCookie,
    rehash,
  });
  // In another shard than the session. Should it not happen, the next wait comes sooner; nothing is given away.
  await tryWasRight(deps, tryer);
  return { user, session, cookie, deviceCookie: newDeviceCookie(deps.deviceKey, account) };
}

/** Its cookie is about to be replaced, so nobody could sign it out any more. Another shard: ended before the new one begins. */
async function endSessionOfAnother(deps: Deps, user: User, cookie: string | undefined): Promise<void> {
  const before = cookie === undefined ? undefined : await findSession(deps, cookie);
  if (before && before.user.id !== user.id) await endSession(deps, before.user.id, before.session.id);
}
