import { findApp } from '#src/apps/app-store.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type AppId, type TenantId } from '#src/ids.ts';
import { absent, put, type StoredRecord } from '#src/storage/record-store.ts';

import type { Revocation, Revoked } from './revocation.ts';
import { readRevocation, revocationKey } from './revocation-store.ts';

/** Durable: who was told that the app goes everywhere can rely on it, whatever becomes of the server that said so. */
export async function startRevocation(
  deps: Deps,
  { app, tenants, what }: { app: AppId; tenants: readonly TenantId[] | null; what: Revoked },
  actor: Actor,
): Promise<StoredRecord<Revocation>> {
  if (!(await findApp(deps, app))) throw new AppError('not_found');
  const now = deps.clock();
  const named = tenants && [...new Set(tenants)];
  const revocation: Revocation = {
    id: newId('job'),
    app,
    what,
    tenants: named,
    status: 'running',
    startedBy: actor,
    createdAt: new Date(now).toISOString(),
    finishedAt: null,
    total: named && named.length,
    looked: 0,
    revoked: 0,
    failed: 0,
    next: null,
    claim: null,
  };
  const key = revocationKey(revocation.id);
  const result = await deps.store.commit({
    shard: key.shard,
    expect: [absent(key)],
    write: [put(key, revocation, { tenant: null })],
    events: [happened({ type: 'app.revocation_started', tenant: null, app, job: revocation.id }, { actor, now })],
    durable: true,
  });
  const record = result.ok ? await readRevocation(deps, revocation.id) : undefined;
  if (!record) throw new AppError('conflict');
  return record;
}
