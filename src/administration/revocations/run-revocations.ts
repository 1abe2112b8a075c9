import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { tenantsOfApp } from '#src/approvals/tenant-apps.ts';
import { isStorageDown } from '#src/deliveries/event-reader.ts';
import { happened } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { apartFromRequests } from '#src/request-origin.ts';
import { put, unchanged, type StoredRecord } from '#src/storage/record-store.ts';
import type { StoreLog } from '#src/storage/store-options.ts';

import type { Revocation } from './revocation.ts';
import { readRevocation, runningRevocations } from './revocation-store.ts';
import { revokeInTenant } from './revoke-in-tenant.ts';

export interface RevocationsDeps extends InstallationDeps {
  readonly log: StoreLog;
}

export interface RunningRevocations {
  /** One was started here: it need not wait for the next look. */
  nudge(): void;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;
/** Who works on one says so all the time; who says nothing for so long is dead, and another goes on. */
const CLAIM_MS = 3000;
const BATCH = 64;
const COUNTED_AT_ONCE = 500;

/**
 * Works on what is not done. One process at a time works on each; two would do no harm, since each tenant is one commit
 * that happens once, and of two that write the progress down the second finds it changed and lets go.
 */
export function startRevocations(deps: RevocationsDeps, { lookEveryMs = LOOK_EVERY_MS, claimMs = CLAIM_MS } = {}): RunningRevocations {
  const me = randomUUID();
  let stopping = false;
  let working: Promise<void> | undefined;

  /** Written only when nobody else did; `undefined` when somebody did. */
  async function advance(record: StoredRecord<Revocation>, change: Partial<Revocation>): Promise<StoredRecord<Revocation> | undefined> {
    const { app, id, startedBy } = record.value;
    const until = deps.clock() + claimMs;
    const value: Revocation = { ...record.value, claim: stopping || change.status === 'done' ? null : { by: me, until }, ...change };
    const now = deps.clock();
    const result = await deps.store.commit({
      shard: record.key.shard,
      expect: [unchanged(record)],
      write: [put(record.key, value, { tenant: null })],
      events: change.status === 'done' ? [happened({ type: 'app.revocation_finished', tenant: null, app, job: id, tenants: value.revoked }, { actor: startedBy, now })] : [],
      durable: change.status === 'done',
    });
    return result.ok ? { ...record, value, version: result.version } : undefined;
  }

  /** However long a piece of the work takes, nobody else begins with it meanwhile; what it brings is written down. */
  async function advanceBy(record: StoredRecord<Revocation>, piece: Promise<Partial<Revocation>>): Promise<StoredRecord<Revocation> | undefined> {
    let held: StoredRecord<Revocation> | undefined = record;
    for (;;) {
      const change: Partial<Revocation> | void = await Promise.race([piece, delay(claimMs / 3, undefined, { ref: false })]);
      held &&= await advance(held, change ?? {});
      if (change) return held;
    }
  }

  async function nextBatch({ value }: StoredRecord<Revocation>): Promise<Partial<Revocation>> {
    const { tenants, next } = await batchOf(deps, value);
    const results = await Promise.all(tenants.map((tenant) => tryInTenant(deps, value, tenant)));
    const counted = (result: string) => results.filter((each) => each === result).length;
    const progress = { looked: value.looked + tenants.length, revoked: value.revoked + counted('revoked'), failed: value.failed + counted('failed'), next: next ?? null };
    const end = { status: 'done', finishedAt: new Date(deps.clock()).toISOString(), total: progress.looked } as const;
    return { ...progress, ...(next === undefined && end) };
  }

  async function work(found: StoredRecord<Revocation>): Promise<void> {
    let record = await advance(found, {});
    if (record && record.value.total === null) record = await advanceBy(record, count(deps, record.value).then((total) => ({ total })));
    while (record && !stopping && record.value.status === 'running') record = await advanceBy(record, nextBatch(record));
  }

  async function look(): Promise<void> {
    try {
      const { records } = await runningRevocations(deps, 20);
      for (const { value } of records) {
        const record = isFree(value, me, deps.clock()) ? await readRevocation(deps, value.id) : undefined;
        if (record && !stopping && isFree(record.value, me, deps.clock())) await work(record);
      }
    } catch (err) {
      deps.log.warn({ err }, 'the revocation of an app in many tenants was interrupted; it goes on');
    }
  }

  // Whoever asked for one of them just now did not ask for the others.
  const run = (): void => {
    if (!stopping) working ??= apartFromRequests(look).finally(() => (working = undefined));
  };
  const timer = setInterval(run, lookEveryMs).unref();
  return {
    nudge: run,
    async stop() {
      stopping = true;
      clearInterval(timer);
      await working;
    },
  };
}

/** What goes wrong in one tenant keeps no other waiting; when storage is down, all wait. */
async function tryInTenant(deps: RevocationsDeps, job: Revocation, tenant: TenantId): Promise<'revoked' | 'nothing' | 'failed'> {
  try {
    return (await revokeInTenant(deps, job, tenant)) ? 'revoked' : 'nothing';
  } catch (err) {
    if (isStorageDown(err)) throw err;
    deps.log.error({ err, tenant, app: job.app, job: job.id }, 'an app could not be taken out of a tenant');
    return 'failed';
  }
}

const isFree = ({ status, claim }: Revocation, me: string, now: number): boolean => status === 'running' && (claim === null || claim.by === me || claim.until <= now);

async function batchOf(deps: RevocationsDeps, { app, tenants, next }: Revocation): Promise<{ tenants: readonly TenantId[]; next: string | undefined }> {
  if (tenants) {
    const from = Number(next ?? 0);
    return { tenants: tenants.slice(from, from + BATCH), next: from + BATCH < tenants.length ? String(from + BATCH) : undefined };
  }
  const page = await tenantsOfApp(deps, app, { limit: BATCH, ...(next !== null && { after: next }) });
  return { tenants: page.records.map(({ value }) => value.tenant), next: page.next };
}

async function count(deps: RevocationsDeps, { app }: Revocation): Promise<number> {
  let counted = 0;
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof tenantsOfApp>> = await tenantsOfApp(deps, app, { limit: COUNTED_AT_ONCE, after });
    counted += page.records.length;
    after = page.next;
  } while (after !== undefined);
  return counted;
}
