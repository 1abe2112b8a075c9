import type { AdapterPayload } from 'oidc-provider';

import { findResourceServer } from '#src/apps/resource-server-store.ts';
import type { AppId, OperatorId, ResourceServerId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';

import type { Model } from '../adapter.ts';
import { appMetadata, operatorMetadata, resourceServerMetadata } from '../client-metadata.ts';
import type { OAuthDeps } from '../oauth-deps.ts';

/** Clients live in `apps/` and `operators/`; oidc-provider only reads them. A disabled app is no client. */
export const clientModel = (deps: OAuthDeps): Model => ({
  async find(id): Promise<AdapterPayload | undefined> {
    if (id.startsWith('app_')) {
      const live = await deps.apps.find(id as AppId);
      return live?.app.status === 'active' ? appMetadata(live) : undefined;
    }
    if (id.startsWith('rs_')) {
      const server = await findResourceServer(deps, id as ResourceServerId);
      return server && resourceServerMetadata(server);
    }
    if (id.startsWith('opr_')) {
      const operator = await findOperator(deps, id as OperatorId);
      return operator && operatorMetadata(operator);
    }
    return undefined;
  },
});
