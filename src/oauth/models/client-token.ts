import { shutsOf } from '#src/approvals/decide.ts';
import type { AppId, OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';
import { put } from '#src/storage/record-store.ts';
import { endRecord } from '#src/storage/revoke.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { accessTokenKey, clientTokenKey } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';

/**
 * What client_credentials gives. A tenant token joins the commit of the request and is from then on an access token
 * like any other; an operator's or an app's own token stands by itself and dies with its credential.
 */
export const clientTokenModel = (deps: OAuthDeps): Model => ({
  async upsert(token, { jti: _, ...payload }, secondsToLive) {
    const expiresAt = deps.clock() + secondsToLive * 1000;
    const unit = unitOf(currentRequest());
    if (unit.standing?.identity === 'tenant') {
      const { installation, app: inTenant } = unit.standing;
      const { tenant, app, id } = installation.value;
      const key = accessTokenKey(token);
      if (!key) throw new Error('not the text of an access token');
      const binding = { identity: 'tenant', tenant, app, family: null, shuts: shutsOf(inTenant.approval), installation: id } as const;
      unit.write.push(put(key, { binding, payload }, { tenant, expiresAt }));
      return;
    }
    const key = clientTokenKey(token);
    if (!key) throw new Error('not the text of a client token');
    const value = { client: payload.clientId as OperatorId | AppId, payload };
    await deps.store.commit({ shard: key.shard, write: [put(key, value, { tenant: null, expiresAt })] });
  },

  async find(token) {
    const key = clientTokenKey(token);
    const [record] = key ? await deps.store.read(key) : [];
    if (!record || !(await isThere(deps, record.value.client))) return undefined;
    return { ...record.value.payload, jti: token };
  },

  async destroy(token) {
    const key = clientTokenKey(token);
    if (key) await endRecord(deps.store, key, undefined, () => ({ events: [] }));
  },
});

async function isThere(deps: OAuthDeps, client: OperatorId | AppId): Promise<boolean> {
  if (client.startsWith('opr_')) return (await findOperator(deps, client as OperatorId)) !== undefined;
  return (await deps.apps.find(client as AppId))?.app.status === 'active';
}
