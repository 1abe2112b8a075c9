/** How often somebody was wrong lately, and until when (milliseconds since the epoch) they have to wait. */
export interface Tries {
  readonly failures: number;
  readonly waitUntil: number;
}

export interface ThrottleRule {
  /** Wrong tries that cost nothing. */
  readonly free: number;
  /** The wait after the first one that is not free, in seconds; it doubles with each further one, up to `longest`. */
  readonly first: number;
  readonly longest: number;
  /** For how many seconds after the last wait wrong tries are remembered. */
  readonly memory: number;
}

/**
 * What is counted. Nobody can lock a person out of their own browser: a browser in which the person has signed in before
 * is only counted by itself. For all others the pair of account and address is held back soon, the account as a whole
 * (guesses from everywhere) and the address as a whole (guesses at everyone) later.
 */
export const THROTTLE = {
  device: { free: 5, first: 15, longest: 900, memory: 3600 },
  pair: { free: 5, first: 15, longest: 900, memory: 3600 },
  account: { free: 30, first: 30, longest: 300, memory: 3600 },
  address: { free: 60, first: 30, longest: 900, memory: 3600 },
} as const satisfies Record<string, ThrottleRule>;

export type Counted = keyof typeof THROTTLE;

/** The count after one more wrong try, and when it may be forgotten. */
export function afterFailure(tries: Tries | undefined, rule: ThrottleRule, now: number): { tries: Tries; expiresAt: number } {
  const failures = (tries?.failures ?? 0) + 1;
  const wait = failures < rule.free ? 0 : Math.min(rule.longest, rule.first * 2 ** Math.min(failures - rule.free, 20));
  const waitUntil = now + wait * 1000;
  return { tries: { failures, waitUntil }, expiresAt: waitUntil + rule.memory * 1000 };
}

/** In words for a person: rounded up, so that trying then works. */
export function waitInWords(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  if (seconds < 90) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
