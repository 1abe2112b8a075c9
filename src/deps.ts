import type { Clock } from './clock.ts';
import type { RecordStore } from './storage/record-store.ts';

/** What every use case needs. The first argument of each; larger needs extend it by name. */
export interface Deps {
  readonly store: RecordStore;
  readonly clock: Clock;
}
