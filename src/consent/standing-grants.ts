import { approvalKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import type { Deps } from '#src/deps.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import type { Grant } from './grant.ts';

/**
 * Those that are not over, though their records may still be there: the giver is in the stay in which they were given,
 * and the app was not removed from the tenant since (xT6, xA7).
 */
export async function standingGrants({ store }: Deps, records: readonly StoredRecord<Grant>[]): Promise<StoredRecord<Grant>[]> {
  const [members, approvals] = await Promise.all([
    store.read(...records.map(({ value }) => memberKey(value.tenant, value.user))),
    store.read(...records.map(({ value }) => approvalKey(value.tenant, value.app))),
  ]);
  return records.filter(
    ({ value }, place) =>
      members[place]?.value.membership === value.membership && generationOf(approvals[place]?.value) === value.generation,
  );
}
