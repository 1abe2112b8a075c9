import type { AdapterPayload } from 'oidc-provider';

import { resourceServerKey } from '#src/apps/resource-server-store.ts';
import type { AppId, OperatorId, ResourceServerId } from '#src/ids.ts';
import { operatorKey } from '#src/operators/operator-store.ts';

import type { Model } from '../adapter.ts';
import { appMetadata, operatorMetadata, resourceServerMetadata } from '../client-metadata.ts';
import type { OAuthDeps } from '../oauth-deps.ts';

const made = new WeakMap<object, AdapterPayload>();

/** The same object for the same record, by which `rememberClients` knows the client again. */
function metadataOf<T extends object>(record: T, make: (record: T) => AdapterPayload): AdapterPayload {
  const metadata = made.get(record) ?? make(record);
  made.set(record, metadata);
  return metadata;
}

/** Clients live in `apps/` and `operators/`; oidc-provider only reads them. A disabled app is no client. */
export const clientModel = (deps: OAuthDeps): Model => ({
  async find(id): Promise<AdapterPayload | undefined> {
    if (id.startsWith('app_')) {
      const live = await deps.apps.find(id as AppId);
      return live?.app.status === 'active' ? metadataOf(live, appMetadata) : undefined;
    }
    if (id.startsWith('rs_')) {
      const server = await deps.readRecent(resourceServerKey(id as ResourceServerId));
      return server && metadataOf(server.value, resourceServerMetadata);
    }
    if (id.startsWith('opr_')) {
      const operator = await deps.readRecent(operatorKey(id as OperatorId));
      return operator && metadataOf(operator.value, operatorMetadata);
    }
    return undefined;
  },
});
