import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { AssentEvent } from '#src/events.ts';
import type { StoreLog } from '#src/storage/store-options.ts';

/** Brings events of the log to receivers: mail is one, webhooks are another. */
export interface EventReader {
  readonly name: string;
  /** The types of events that can lead to a delivery; all others are passed over. */
  readonly types: ReadonlySet<string>;
  /** Who is to get the event. Asked once for an event; deliveries go on with that answer. */
  receiversOf(event: AssentEvent): Promise<readonly string[]>;
  /**
   * At least once for each receiver, so what it sends carries an id that tells a second one from the first. Has to end
   * by itself. Throws `Undeliverable` when trying again is of no use, anything else to be tried again.
   */
  deliver(event: AssentEvent, receiver: string): Promise<void>;
}

export interface ReaderDeps extends Deps {
  readonly log: StoreLog;
  /** Other times than the usual ones; for tests. */
  readonly tempo?: { readonly leaseRoundMs?: number; readonly stopMs?: number };
}

/** Storage's fault says nothing about the event: the reader waits, and no try is counted. */
export const isStorageDown = (error: unknown): boolean => error instanceof AppError && error.code === 'storage_unavailable';
