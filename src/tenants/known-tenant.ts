import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { TenantId } from '#src/ids.ts';

import { findTenant } from './tenant-store.ts';

/** A list of an unknown tenant is not an empty list. */
export async function knownTenant(deps: Deps, id: TenantId): Promise<void> {
  if (!(await findTenant(deps, id))) throw new AppError('not_found');
}
