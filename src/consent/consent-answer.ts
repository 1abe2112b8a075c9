import type { TenantId } from '#src/ids.ts';
import type { InstallDecision } from '#src/installations/installation.ts';

import type { ConsentDecision } from './grant.ts';

/**
 * What a person answered on the consent page: for themselves (`identity=user`), in the tenant's name
 * (`identity=tenant`), or both. It becomes the grant and the installation in the commit that stores the code.
 */
export interface ConsentAnswer {
  readonly tenant: TenantId;
  readonly user: ConsentDecision | null;
  readonly installation: InstallDecision | null;
  /** Of the approval that it was given under: once the app was removed from the tenant, an earlier yes counts no more (xA7). */
  readonly generation: number;
}
