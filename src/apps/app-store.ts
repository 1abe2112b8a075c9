import type { Deps } from '#src/deps.ts';
import { happened, type Actor } from '#src/events.ts';
import type { AppId } from '#src/ids.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import type { Page } from '#src/storage/record-store.ts';
import { scanShards } from '#src/storage/scan-shards.ts';

import type { App, LiveApp, Version } from './app.ts';
import { changedDetails, type AppChanges } from './app-details.ts';
import { APP, appKey, readApp, readVersion, versionKey, type AppDeps } from './app-records.ts';
import { appChanged } from './listing-store.ts';

export { addSecret, removeSecret } from './app-secrets.ts';
export { appKey, readApp, type AppDeps } from './app-records.ts';
export { registerApp } from './register-app.ts';

export const findApp = async (deps: Deps, id: AppId): Promise<App | undefined> => (await readApp(deps, id))?.value;

/**
 * The app and its version in use; `undefined` for an app without one. Also for a disabled app: whoever lets it do
 * something looks at `app.status`.
 */
export async function findLiveApp(deps: Deps, id: AppId): Promise<LiveApp | undefined> {
  const app = await findApp(deps, id);
  if (!app?.liveVersion) return undefined;
  const version = await readVersion(deps, id, app.liveVersion);
  return version && { app, version: version.value };
}

export async function appsByIds({ store }: Deps, ids: readonly AppId[]): Promise<Map<AppId, App>> {
  const records = await store.read(...[...new Set(ids)].map(appKey));
  return new Map(records.flatMap((record) => (record ? [[record.value.id, record.value] as const] : [])));
}

/** An app, and its version in use if there is one. */
export interface KnownApp {
  readonly app: App;
  readonly version: Version | undefined;
}

/** As many as there are of these, in two round trips. */
export async function knownApps(deps: Deps, ids: readonly AppId[]): Promise<Map<AppId, KnownApp>> {
  const apps = [...(await appsByIds(deps, ids)).values()];
  const used = apps.flatMap(({ id, liveVersion }) => (liveVersion === null ? [] : [versionKey(id, liveVersion)]));
  const versions = new Map((await deps.store.read(...used)).flatMap((record) => (record ? [[record.value.id, record.value] as const] : [])));
  return new Map(apps.map((app) => [app.id, { app, version: app.liveVersion === null ? undefined : versions.get(app.liveVersion) }]));
}

export const listApps = ({ store }: Deps, page: { after?: string; limit: number }): Promise<Page<App>> =>
  scanShards(store, { kind: APP, index: 'all', of: '', after: page.after, limit: page.limit });

/** Name, links, developer, keys, PKCE. How an app authenticates is settled when it is registered. */
export async function updateApp(
  deps: AppDeps,
  { id, ifVersion, ...changes }: AppChanges & { id: AppId; ifVersion?: number },
  actor: Actor,
): Promise<App> {
  const app = await changeStanding(deps.store, appKey(id), ifVersion, ({ value }) => ({
    value: changedDetails(value, changes),
    events: [happened({ type: 'app.updated', tenant: null, app: id }, { actor, now: deps.clock() })],
  }));
  await appChanged(deps, id);
  return app;
}

/** The operator's kill switch. Asked for twice, it is written twice, so that the second answer is as durable. */
export async function setAppStatus(
  deps: AppDeps,
  { id, status, ifVersion }: { id: AppId; status: App['status']; ifVersion?: number },
  actor: Actor,
): Promise<App> {
  const type = status === 'disabled' ? 'app.disabled' : 'app.enabled';
  const app = await changeStanding(deps.store, appKey(id), ifVersion, ({ value }) => ({
    value: { ...value, status },
    events: value.status === status ? [] : [happened({ type, tenant: null, app: id }, { actor, now: deps.clock() })],
  }));
  await appChanged(deps, id);
  return app;
}
