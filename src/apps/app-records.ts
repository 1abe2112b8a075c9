import type { Deps } from '#src/deps.ts';
import type { AppId, VersionId } from '#src/ids.ts';
import { defineKind, type Key, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { App, Version } from './app.ts';

/** What changes of apps need; with the cache of live apps, the change shows in this process at once. */
export interface AppDeps extends Deps {
  readonly apps?: { forget(id: AppId): void };
}

/** An app and its versions share the app's shard. */
export const APP = defineKind<App>('app', {
  schema: 1,
  indexes: (app) => [{ index: 'all', of: '', sort: app.id }],
});

export const VERSION = defineKind<Version>('app-version', {
  schema: 1,
  indexes: (version) => [{ index: 'app', of: version.app, sort: String(version.number).padStart(8, '0') }],
});

/** That a number is taken: of two versions made at once, one gets the next number and the other the one after. */
const VERSION_NUMBER = defineKind<{ readonly version: VersionId }>('app-version-number', { schema: 1 });

export const appKey = (id: AppId): Key<App> => ({ shard: shardOf(id), kind: APP, id });

export const versionKey = (app: AppId, id: VersionId): Key<Version> => ({
  shard: shardOf(app),
  kind: VERSION,
  id: JSON.stringify([app, id]),
});

export const versionNumberKey = (app: AppId, number: number) => ({
  shard: shardOf(app),
  kind: VERSION_NUMBER,
  id: JSON.stringify([app, number]),
});

export async function readApp({ store }: Deps, id: AppId): Promise<StoredRecord<App> | undefined> {
  const [record] = await store.read(appKey(id));
  return record;
}

export async function readVersion({ store }: Deps, app: AppId, id: VersionId): Promise<StoredRecord<Version> | undefined> {
  const [record] = await store.read(versionKey(app, id));
  return record;
}
