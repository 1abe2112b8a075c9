import { approvalKey } from '#src/approvals/approval-store.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { tenantsOfApp } from '#src/approvals/tenant-apps.ts';
import type { Reach } from '#src/apps/reach.ts';
import type { Deps } from '#src/deps.ts';
import type { AppId } from '#src/ids.ts';
import { installationKey } from '#src/installations/installation-records.ts';
import { installationStands } from '#src/installations/installed-app.ts';

import { countSubscribers, subscriberCountKey } from './count-subscribers.ts';

const AT_ONCE = 200;
const MOST_TENANTS = 5000;
const COUNTED_IN_A_TENANT = 100;

/**
 * What an app has, over all tenants. Tenants and installations are counted one by one; grants where they are few, and
 * else as they were counted last. What was not counted is said (`more`).
 */
export async function reachOf(deps: Deps, app: AppId): Promise<Reach> {
  const { store } = deps;
  const reach = { tenants: 0, installations: 0, grants: 0, more: false, countedAt: null as string | null };
  let after: string | undefined;
  for (let looked = 0; ; looked += AT_ONCE) {
    if (looked >= MOST_TENANTS) return { ...reach, more: true };
    const page = await tenantsOfApp(deps, app, { after, limit: AT_ONCE });
    const tenants = page.records.map(({ value }) => value.tenant);
    const [approvals, installations, counts] = await Promise.all([
      store.read(...tenants.map((tenant) => approvalKey(tenant, app))),
      store.read(...tenants.map((tenant) => installationKey(tenant, app))),
      store.read(...tenants.map((tenant) => subscriberCountKey(tenant, app))),
    ]);
    const grants = await Promise.all(
      tenants.map((tenant, place) =>
        countSubscribers(deps, { tenant, app, generation: generationOf(approvals[place]?.value) }, { most: COUNTED_IN_A_TENANT, counted: counts[place]?.value }),
      ),
    );
    grants.forEach((counted, place) => {
      const installation = installations[place]?.value;
      const isInstalled = installation !== undefined && installationStands(installation, approvals[place]?.value);
      if (isInstalled) reach.installations += 1;
      if (isInstalled || counted.count > 0) reach.tenants += 1;
      reach.grants += counted.count;
      reach.more ||= counted.more;
      // The oldest count that is in it.
      if (counted.countedAt !== null && (reach.countedAt === null || counted.countedAt < reach.countedAt)) reach.countedAt = counted.countedAt;
    });
    if (page.next === undefined) return reach;
    after = page.next;
  }
}
