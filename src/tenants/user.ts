import type { UserId } from '#src/ids.ts';

/** A person. One user can be a member of several tenants. */
export interface User {
  readonly id: UserId;
  /** As the person wrote it; compared by `normaliseEmail`. */
  readonly email: string;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  /** PHC string of argon2id, or `null` for someone who cannot sign in with a password. */
  readonly passwordHash: string | null;
  /**
   * Sessions begun before this moment (milliseconds) are over: "sign out everywhere" in one write. It rises strictly
   * and may be a little ahead of the clock, so a new session begins at the later of now and this moment; one that
   * keeps the value it began under and is held against it does not depend on the clocks of several servers at all.
   */
  readonly sessionsValidFrom: number;
  readonly createdAt: string;
}
