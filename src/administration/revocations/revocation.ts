import type { Actor } from '#src/events.ts';
import type { AppId, JobId, TenantId } from '#src/ids.ts';

/**
 * What is taken from the app. `everything`: as a tenant that removes it, with the grants of all members. `installations`:
 * what it has as itself; what members allowed it for themselves stays.
 */
export type Revoked = 'everything' | 'installations';

/** Taking an app out of many tenants: work that takes its time, and that any server goes on with. */
export interface Revocation {
  readonly id: JobId;
  readonly app: AppId;
  readonly what: Revoked;
  /** `null` for all in which the app ever had anything. */
  readonly tenants: readonly TenantId[] | null;
  readonly status: 'running' | 'done';
  readonly startedBy: Actor;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  /** Tenants that there are to look at, once they were counted. */
  readonly total: number | null;
  /** Tenants that were looked at, and those among them in which there was something to take. */
  readonly looked: number;
  readonly revoked: number;
  /** Tenants in which it could not be done. */
  readonly failed: number;
  /** Where the next tenants stand. */
  readonly next: string | null;
  /** The process that works on it, and until when it may be taken to be alive. */
  readonly claim: { readonly by: string; readonly until: number } | null;
}
