import type { AssentEvent } from '#src/events.ts';

/** One event to be brought to one receiver. */
export interface Delivery {
  /** The name of the reader that brings it. */
  readonly reader: string;
  readonly event: AssentEvent;
  /** As the reader names its receivers; `null` when they could not be found out yet. */
  readonly receiver: string | null;
  readonly tries: number;
  readonly due: string;
}

/** A delivery that was given up. */
export interface DeliveryFailure extends Omit<Delivery, 'due'> {
  readonly why: string;
  readonly at: string;
}

/** Thrown by a reader when trying again cannot help. */
export class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
}

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** How long to wait after the first failed try, the second, …; about three days in all, so that a weekend is survived. */
const WAITS: readonly number[] = [10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR];

/** When to try again after so many failed tries, or `undefined` when it is to be given up. */
export function nextTry(tries: number, error: unknown, now: number): string | undefined {
  const wait = error instanceof Undeliverable ? undefined : WAITS[tries - 1];
  return wait === undefined ? undefined : new Date(now + wait).toISOString();
}

const LONGEST_REASON = 300;

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, LONGEST_REASON);
