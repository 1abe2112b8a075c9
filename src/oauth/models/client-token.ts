import type { AppId, OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';
import { put } from '#src/storage/record-store.ts';
import { confirmNone, endRecord } from '#src/storage/revoke.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { bindingOf, personOf } from '../tokens/jwt-tokens.ts';
import { accessTokenKey, clientTokenKey, type ClientToken } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { credentialOf, credentialStands } from '../credentials.ts';
import { currentRequest } from './current-request.ts';

/**
 * What client_credentials gives. A tenant token joins the commit of the request and is from then on an access token
 * like any other; an operator's or an app's own token stands by itself and dies with its credential.
 */
export const clientTokenModel = (deps: OAuthDeps): Model => ({
  async upsert(token, { jti: _, ...payload }, secondsToLive) {
    const expiresAt = deps.clock() + secondsToLive * 1000;
    const unit = unitOf(currentRequest());
    const credential = credentialOf(currentRequest());
    const binding = bindingOf(currentRequest(), unit);
    if (binding) {
      const key = accessTokenKey(token);
      if (!key) throw new Error('not the text of an access token');
      unit.write.push(put(key, { binding, payload: { ...payload, ...personOf(binding) } }, { tenant: binding.tenant, expiresAt }));
      return;
    }
    const key = clientTokenKey(token);
    if (!key) throw new Error('not the text of a client token');
    const value = { client: payload.clientId as OperatorId | AppId, credential, payload };
    await deps.store.commit({ shard: key.shard, write: [put(key, value, { tenant: null, expiresAt })] });
  },

  async find(token) {
    const key = clientTokenKey(token);
    const [record] = key ? await deps.store.read(key) : [];
    if (key && !record && currentRequest().oidc.route === 'revocation') await confirmNone(deps.store, key);
    if (!record || !(await isThere(deps, record.value))) return undefined;
    return { ...record.value.payload, jti: token };
  },

  async destroy(token) {
    const key = clientTokenKey(token);
    if (key) await endRecord(deps.store, key, undefined, () => ({ events: [] }));
  },
});

async function isThere(deps: OAuthDeps, { client, credential }: ClientToken): Promise<boolean> {
  if (client.startsWith('opr_')) {
    const operator = await findOperator(deps, client as OperatorId);
    return operator !== undefined && credentialStands(operator, credential);
  }
  const app = (await deps.apps.find(client as AppId))?.app;
  return app?.status === 'active' && credentialStands(app, credential);
}
