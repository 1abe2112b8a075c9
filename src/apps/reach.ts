import type { AppId } from '#src/ids.ts';

/** What an app has, over all tenants: what stops with it when it is disabled. */
export interface Reach {
  /** Those in which it has anything that stands. */
  readonly tenants: number;
  readonly installations: number;
  /** Of members. */
  readonly grants: number;
  /** There are more than these: not everything was counted. */
  readonly more: boolean;
  /** ISO 8601. Large numbers of grants were counted then; `null` where all was counted now. */
  readonly countedAt: string | null;
}

/** Consent and installations are further down the order of slices: the composition root hands this in. */
export type ReachOf = (app: AppId) => Promise<Reach>;
