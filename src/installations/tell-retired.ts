import { listApps, readApp } from '#src/apps/app-store.ts';
import type { App } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { findVersion } from '#src/apps/version-store.ts';
import { declaredFor } from '#src/approvals/decide.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { Deps } from '#src/deps.ts';
import { happened } from '#src/events.ts';
import { absent, asRead, defineKind, present, put, type Key, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Installation } from './installation.ts';
import type { InstallationDeps } from './installed-app.ts';
import { standingInstallationsOfApp } from './installed-app.ts';

interface Retired {
  readonly permission: string;
  readonly identity: Identity;
  /** Names this retirement: one that came back and goes again is told again. */
  readonly at: string;
}

/** The catalogue as it was at the last start, and what left it and is not told to everybody yet. */
interface SeenCatalogue {
  readonly permissions: readonly { readonly permission: string; readonly identity: Identity }[];
  readonly untold: readonly Retired[];
}

const SEEN = defineKind<SeenCatalogue>('seen-catalogue', { schema: 1 });
const seenKey: Key<SeenCatalogue> = { shard: shardOf('seen-catalogue'), kind: SEEN, id: '' };

/** That somebody was told of a retirement, so that a second walk, or a second server, tells nobody twice. */
const TOLD = defineKind<{ readonly at: string }>('retirement-told', { schema: 1 });
const toldKey = (holder: string, app: string, { permission, identity, at }: Retired): Key<{ readonly at: string }> => ({
  shard: shardOf(holder),
  kind: TOLD,
  id: JSON.stringify([holder, app, permission, identity, at]),
});

const namesIn = (catalogue: Catalogue) => catalogue.permissions.flatMap(({ name, identities }) => identities.map((identity) => ({ permission: name, identity })));
const same = (left: Omit<Retired, 'at'>, right: Omit<Retired, 'at'>): boolean => left.permission === right.permission && left.identity === right.identity;

/**
 * Compares the catalogue with that of the last start, and tells what left it to those who hold it: an event for each
 * app whose version in use declares it, and one for each tenant where it is installed. It stopped being granted at the
 * start itself (`decide`), so this may take its time: it walks page by page, and what a crash interrupts the next start
 * goes on with.
 */
export async function tellRetired(deps: InstallationDeps): Promise<void> {
  const untold = await noteCatalogue(deps);
  if (untold.length === 0) return;
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof listApps>> = await listApps(deps, { limit: 100, ...(after !== undefined && { after }) });
    for (const { value } of page.records) await tellHoldersOf(deps, value, untold);
    after = page.next;
  } while (after !== undefined);
  await forget(deps, untold);
}

async function noteCatalogue({ store, clock, catalogue }: InstallationDeps): Promise<readonly Retired[]> {
  const permissions = namesIn(catalogue);
  for (;;) {
    const [seen] = await store.read(seenKey);
    const isThere = (each: Omit<Retired, 'at'>) => permissions.some((other) => same(each, other));
    const at = new Date(clock()).toISOString();
    const gone = (seen?.value.permissions ?? []).filter((each) => !isThere(each)).map((each) => ({ ...each, at }));
    const untold = [...(seen?.value.untold ?? []).filter((each) => !isThere(each)), ...gone];
    const result = await store.commit({ shard: seenKey.shard, expect: [asRead(seenKey, seen)], write: [put(seenKey, { permissions, untold }, { tenant: null })] });
    if (result.ok) return untold;
  }
}

async function forget({ store }: Deps, told: readonly Retired[]): Promise<void> {
  const [seen] = await store.read(seenKey);
  if (!seen) return;
  const untold = seen.value.untold.filter((each) => !told.some((other) => same(each, other) && each.at === other.at));
  await store.commit({ shard: seenKey.shard, expect: [asRead(seenKey, seen)], write: [put(seenKey, { ...seen.value, untold }, { tenant: null })] });
}

async function tellHoldersOf(deps: InstallationDeps, app: App, retired: readonly Retired[]): Promise<void> {
  const version = app.liveVersion === null ? undefined : await findVersion(deps, app.id, app.liveVersion);
  const declared = version ? retired.filter(({ permission, identity }) => declaredFor(version, identity).includes(permission)) : [];
  for (const each of declared) await tell(deps, await readApp(deps, app.id), { holder: app.id, tenant: null, app, retired: each });

  const forTenants = declared.filter(({ identity }) => identity === 'tenant');
  if (forTenants.length === 0) return;
  let after: string | undefined;
  do {
    const page: Awaited<ReturnType<typeof standingInstallationsOfApp>> = await standingInstallationsOfApp(deps, app.id, { after, limit: 100 });
    for (const record of page.records) {
      for (const each of forTenants.filter(({ permission }) => record.value.permissions.includes(permission))) {
        await tell(deps, record, { holder: record.value.tenant, tenant: record.value.tenant, app, retired: each });
      }
    }
    after = page.next;
  } while (after !== undefined);
}

async function tell(
  { store, clock }: Deps,
  record: StoredRecord<App> | StoredRecord<Installation> | undefined,
  { holder, tenant, app, retired }: { holder: string; tenant: Installation['tenant'] | null; app: App; retired: Retired },
): Promise<void> {
  if (!record) return;
  const { permission, identity, at } = retired;
  const key = toldKey(holder, app.id, retired);
  await store.commit({
    shard: key.shard,
    expect: [present(record.key), absent(key)],
    write: [put(key, { at }, { tenant })],
    events: [happened({ type: 'permission.retired', tenant, app: app.id, permission, identity }, { actor: { kind: 'system' }, now: clock() })],
  });
}
