import type { Deps } from '#src/deps.ts';
import type { AppId, OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';

import { credentialStands } from './credentials.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { appTokenKey, managementTokenKey } from './tokens/token-records.ts';

export type ManagementScope = 'manage' | 'read';

/** The token of an `Authorization: Bearer` header (RFC 6750 section 2.1). */
const bearerOf = (authorization: string | undefined): string => /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';

/** Which operator calls the management API. `undefined` when nobody we know. */
export async function authenticateOperator(
  deps: Deps,
  authorization: string | undefined,
): Promise<{ operator: OperatorId; scopes: ReadonlySet<ManagementScope> } | undefined> {
  const key = managementTokenKey(bearerOf(authorization));
  const [record] = key ? await deps.store.read(key) : [];
  if (!record) return undefined;
  const operator = await findOperator(deps, record.value.client as OperatorId);
  if (!operator) return undefined;
  const asked = new Set(String(record.value.payload['scope'] ?? '').split(' '));
  return { operator: operator.id, scopes: new Set(operator.scopes.filter((scope) => asked.has(scope))) };
}

/** Which app calls, as itself and in no tenant, with what its token was asked for with. */
export async function authenticateAppToken(
  deps: Pick<OAuthDeps, 'store' | 'apps'>,
  authorization: string | undefined,
): Promise<{ app: AppId; scopes: ReadonlySet<string> } | undefined> {
  const key = appTokenKey(bearerOf(authorization));
  const [record] = key ? await deps.store.read(key) : [];
  const live = record && (await deps.apps.find(record.value.client as AppId));
  if (live?.app.status !== 'active' || !credentialStands(live.app, record?.value.credential)) return undefined;
  return { app: live.app.id, scopes: new Set(String(record?.value.payload['scope'] ?? '').split(' ').filter(Boolean)) };
}

/** For asking how it stands. A token that was asked for with a scope is good for that alone. */
export async function authenticateApp(deps: Pick<OAuthDeps, 'store' | 'apps'>, authorization: string | undefined): Promise<AppId | undefined> {
  const caller = await authenticateAppToken(deps, authorization);
  return caller?.scopes.size === 0 ? caller.app : undefined;
}
