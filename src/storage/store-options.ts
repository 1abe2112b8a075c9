import type { Clock } from '#src/clock.ts';

/** What a store reports about itself; a pino logger fits. */
export interface StoreLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface StoreOptions {
  readonly clock: Clock;
  /** No answer within this time is `storage_unavailable`. Default 2000. */
  readonly timeoutMs?: number;
  /** Redis: replicas that must hold a durable commit before it is acknowledged. Default 0. */
  readonly replicas?: number;
  /** Redis: for development, tests and measurements, use a server that may lose acknowledged commits. */
  readonly allowUnsafe?: boolean;
  readonly log?: StoreLog;
}
