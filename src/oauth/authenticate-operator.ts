import type { Deps } from '#src/deps.ts';
import type { OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';

import { managementTokenKey } from './tokens/token-records.ts';

export type ManagementScope = 'manage' | 'read';

/** Who calls the management API, from the `Authorization` header (RFC 6750). `undefined` when nobody we know. */
export async function authenticateOperator(
  deps: Deps,
  authorization: string | undefined,
): Promise<{ operator: OperatorId; scopes: ReadonlySet<ManagementScope> } | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const key = token === undefined ? undefined : managementTokenKey(token);
  const [record] = key ? await deps.store.read(key) : [];
  if (!record) return undefined;
  const operator = await findOperator(deps, record.value.operator);
  if (!operator) return undefined;
  const asked = new Set(String(record.value.payload['scope'] ?? '').split(' '));
  return { operator: operator.id, scopes: new Set(operator.scopes.filter((scope) => asked.has(scope))) };
}
