import type { TenantId } from '#src/ids.ts';
import type { Page, StoredRecord } from '#src/storage/record-store.ts';

import type { Membership } from './choose-tenant.ts';

export interface PageOverTenants<T, L> {
  /** The tenants in the order of the list. */
  readonly memberships: readonly Membership[];
  scan(tenant: TenantId, page: { after?: string; limit: number }): Promise<Page<T>>;
  /** The lines of these records, without those that do not belong into the list. */
  linesOf(membership: Membership, records: readonly StoredRecord<T>[]): Promise<L[]>;
  readonly after: string | undefined;
  readonly limit: number;
  /** For a search, which leaves out most: how many are looked through at most for one page; the next one goes on there. */
  readonly mostLooked?: number;
}

const MOST_AT_A_TIME = 200;

/**
 * A page of what one person has in several tenants, each in its shard: tenant by tenant, from the place where the page
 * before ended. It costs a look into each tenant and what stands on the page, however long the list is.
 */
export async function pageOverTenants<T, L>(wanted: PageOverTenants<T, L>): Promise<{ lines: L[]; next: string | undefined }> {
  const { memberships, scan, linesOf, limit, mostLooked = Infinity } = wanted;
  const start = positionIn(wanted.after);
  const ahead = memberships.slice(Math.max(0, memberships.findIndex(({ tenant }) => tenant.id === start.tenant)));
  const lines: L[] = [];
  let [looked, after, atATime] = [0, start.after, limit];
  for (const membership of await withAny(ahead, scan)) {
    const { id } = membership.tenant;
    do {
      if (lines.length >= limit || looked >= mostLooked) return { lines, next: JSON.stringify([id, after ?? null]) };
      const page = await scan(id, { ...(after !== undefined && { after }), limit: atATime });
      const found = await linesOf(membership, page.records);
      looked += page.records.length;
      lines.push(...found);
      // Where nothing is found it looks farther at a time; where much is, no farther than the page has room.
      atATime = found.length === 0 ? Math.min(atATime * 2, MOST_AT_A_TIME) : Math.max(1, limit - lines.length);
      after = page.next;
    } while (after !== undefined);
  }
  return { lines, next: undefined };
}

/** Those in which there is something; the first in any case, as the page may begin in the middle of it. */
async function withAny<T>(memberships: readonly Membership[], scan: PageOverTenants<T, unknown>['scan']): Promise<readonly Membership[]> {
  const [first, ...others] = memberships;
  if (!first) return [];
  const heads = await Promise.all(others.map(({ tenant }) => scan(tenant.id, { limit: 1 })));
  return [first, ...others.filter((_, place) => heads[place]?.records.length)];
}

function positionIn(cursor: string | undefined): { tenant: string | undefined; after: string | undefined } {
  if (cursor === undefined) return { tenant: undefined, after: undefined };
  const [tenant, after] = JSON.parse(cursor) as [string, string | null];
  return { tenant, after: after ?? undefined };
}
