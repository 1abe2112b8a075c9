import { approvalKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { tenantApps } from '#src/approvals/tenant-apps.ts';
import { clearGrant, grantsOfApp } from '#src/consent/grant-store.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { put, unchanged, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { mendMemberNames } from '#src/tenants/member-names.ts';
import { memberKey, membersOf } from '#src/tenants/member-store.ts';
import type { Member } from '#src/tenants/member.ts';
import { listTenants } from '#src/tenants/tenant-store.ts';

import { subscriberCountKey } from './count-subscribers.ts';

const AT_ONCE = 200;
const PAGES_IN_A_RUN = 50;
/** How long a grant is over before it is cleared: a consent page that was made of it can still be answered. */
const LEFT_MS = 3_600_000;
const REST_MS = 10 * 60_000;

/**
 * Walks over the grants of all tenants, some at a time: clears what is over (the stay ended, or the app was removed),
 * counts what stands, so that pages need not, and mends what members are found by. A server that begins anew, or two that walk at once, do no harm.
 */
export function grantTidier(deps: Deps): () => Promise<void> {
  let walk: AsyncGenerator<void> | undefined;
  let restUntil = 0;
  return async () => {
    if (!walk && performance.now() < restUntil) return;
    walk ??= tidyGrants(deps);
    try {
      for (let pages = 0; pages < PAGES_IN_A_RUN; pages += 1) {
        if (!(await walk.next()).done) continue;
        walk = undefined;
        restUntil = performance.now() + REST_MS;
        return;
      }
    } catch (error) {
      walk = undefined;
      throw error;
    }
  };
}

/** Goes on after each page of grants. */
export async function* tidyGrants(deps: Deps): AsyncGenerator<void> {
  for await (const { id: tenant } of pages((after) => listTenants(deps, { ...(after !== undefined && { after }), limit: AT_ONCE }))) {
    yield* mendNames(deps, tenant);
    for await (const { app } of pages((after) => tenantApps(deps, tenant, { after, limit: AT_ONCE }))) yield* tidyApp(deps, tenant, app);
  }
}

async function* mendNames(deps: Deps, tenant: TenantId): AsyncGenerator<void> {
  let after: string | undefined;
  do {
    const page = await membersOf(deps, tenant, { ...(after !== undefined && { after }), limit: AT_ONCE });
    await mendMemberNames(deps, tenant, page.records.map(({ value }) => value.user));
    after = page.next;
    yield;
  } while (after !== undefined);
}

async function* pages<T>(read: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  let after: string | undefined;
  do {
    const page = await read(after);
    yield* page.records.map(({ value }) => value);
    after = page.next;
  } while (after !== undefined);
}

async function* tidyApp(deps: Deps, tenant: TenantId, app: AppId): AsyncGenerator<void> {
  const { store } = deps;
  const [approval] = await store.read(approvalKey(tenant, app));
  const generation = generationOf(approval?.value);
  let [subscribers, sharing] = [0, 0];
  let after: string | undefined;
  do {
    const page = await grantsOfApp(deps, tenant, app, { ...(after !== undefined && { after }), limit: AT_ONCE });
    const members = await store.read(...page.records.map(({ value }) => memberKey(tenant, value.user)));
    const over = page.records.filter(({ value }, place) => overSince(value, members[place]?.value, approval?.value) !== undefined);
    const standing = page.records.filter((record) => !over.includes(record));
    subscribers += standing.length;
    sharing += standing.filter(({ value }) => value.sharedAccess).length;
    const longOver = page.records.filter(({ value }, place) => (overSince(value, members[place]?.value, approval?.value) ?? Infinity) <= deps.clock() - LEFT_MS);
    await clear(deps, longOver);
    after = page.next;
    yield;
  } while (after !== undefined);
  const key = subscriberCountKey(tenant, app);
  const count = { tenant, app, generation, subscribers, sharing, countedAt: new Date(deps.clock()).toISOString() };
  await store.commit({ shard: key.shard, write: [put(key, count, { tenant })] });
}

/** Since when at the latest, in milliseconds; `undefined` for one that stands. */
function overSince({ membership, generation }: Grant, member: Member | undefined, approval: Approval | undefined): number | undefined {
  // A higher one was given after the approval was read here.
  if (generation < generationOf(approval)) return Date.parse(approval?.decidedAt ?? '') || 0;
  // Whoever left cannot be asked for anything here; whoever came back may be, right now.
  if (member?.membership !== membership) return member ? Date.parse(member.joinedAt) : 0;
  return undefined;
}

/** One that somebody just gave anew is left, and the others of its commit until the next walk. */
async function clear({ store }: Deps, [first, ...more]: readonly StoredRecord<Grant>[]): Promise<void> {
  if (!first) return;
  const records = [first, ...more];
  await store.commit({ shard: first.key.shard, expect: records.map(unchanged), write: records.flatMap(clearGrant) });
}
