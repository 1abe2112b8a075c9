import type { SessionId, UserId } from '#src/ids.ts';
import type { User } from '#src/tenants/user.ts';

/** One person signed in with one browser. Times are milliseconds since the epoch. */
export interface Session {
  readonly id: SessionId;
  readonly user: UserId;
  /** When the person last proved who they are; a new proof in the same session moves it. */
  readonly signedInAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  /**
   * The person's `sessionsValidFrom` when it began. Compared for equality: against the time alone, a server whose clock
   * is ahead would let a session outlive "sign out everywhere".
   */
  readonly beganUnder: number;
  readonly userAgent: string;
  readonly address: string;
}

export interface LiveSession {
  readonly session: Session;
  readonly user: User;
}

export const isLive = (session: Session, user: User | undefined, now: number): user is User =>
  user !== undefined &&
  user.id === session.user &&
  user.status === 'active' &&
  user.sessionsValidFrom === session.beganUnder &&
  session.expiresAt > now;
