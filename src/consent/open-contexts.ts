import { roleOf } from '#src/contexts/context-facts.ts';
import { contextKey } from '#src/contexts/context-records.ts';
import { contextsWith } from '#src/contexts/context-store.ts';
import type { Context } from '#src/contexts/context.ts';
import type { Deps } from '#src/deps.ts';
import type { Member } from '#src/tenants/member.ts';

const LOOKED_AT = 50;
const SHOWN = 5;

/** What a member is in just now, latest first: some of it for who is in very much. */
export async function openContexts(deps: Deps, member: Member): Promise<readonly Context[]> {
  const { tenant, user } = member;
  const places = (await contextsWith(deps, tenant, user, { limit: LOOKED_AT })).records.map(({ value }) => value).filter((place) => roleOf(place, member) !== null);
  const contexts = await deps.store.read(...places.map(({ context }) => contextKey(tenant, context)));
  return contexts
    .flatMap((record) => (record?.value.status === 'open' ? [record.value] : []))
    .toSorted((one, other) => other.createdAt.localeCompare(one.createdAt))
    .slice(0, SHOWN);
}
