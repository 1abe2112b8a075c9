import type { Deps } from '#src/deps.ts';
import type { AssentEvent } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';

import { readTenantTrail } from './read-trail.ts';
import type { TrailFilter } from './trail.ts';

const AT_A_TIME = 200;

/** The whole trail of a tenant, or what its filter says, newest first: what happens after the first page is not in it. */
export async function* exportTrail(deps: Deps, tenant: TenantId, filter: TrailFilter): AsyncGenerator<readonly AssentEvent[], void> {
  let after: string | undefined;
  do {
    const { entries, next } = await readTenantTrail(deps, tenant, filter, { after, limit: AT_A_TIME });
    yield entries.map(({ event }) => event);
    after = next;
  } while (after !== undefined);
}
