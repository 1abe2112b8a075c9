import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type AppId, type VersionId } from '#src/ids.ts';
import { changeRecord } from '#src/storage/change-record.ts';
import { absent, present, put, type Page } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { Version } from './app.ts';
import { appKey, readApp, readVersion, VERSION, versionKey, versionNumberKey, type AppDeps } from './app-records.ts';
import { withoutResourceNames } from './resource-permissions.ts';
import { versionContent, type VersionInput, type VersionRules } from './version-rules.ts';

export { readVersion, versionKey } from './app-records.ts';
export { publishVersion } from './publish-version.ts';
export { returnVersion, submitVersion } from './submit-version.ts';
export type { VersionInput } from './version-rules.ts';

type VersionDeps = AppDeps & VersionRules;

export const findVersion = async (deps: Deps, app: AppId, id: VersionId): Promise<Version | undefined> =>
  (await readVersion(deps, app, id))?.value;

/** The newest first. */
export const listVersions = ({ store }: Deps, app: AppId, page: { after?: string; limit: number }): Promise<Page<Version>> =>
  store.scan({
    shard: shardOf(app),
    kind: VERSION,
    index: 'app',
    of: app,
    after: page.after,
    limit: page.limit,
    direction: 'descending',
  });

/** A draft: it changes nothing about the app until it is published. */
export async function createVersion(deps: VersionDeps, { app: id, ...input }: VersionInput & { app: AppId }, actor: Actor): Promise<Version> {
  const app = await readApp(deps, id);
  if (!app) throw new AppError('not_found');
  const content = versionContent(input, app.value, deps);
  for (;;) {
    const [newest] = (await listVersions(deps, id, { limit: 1 })).records;
    const number = (newest?.value.number ?? 0) + 1;
    const now = deps.clock();
    const version: Version = {
      id: newId('version'),
      app: id,
      number,
      status: 'draft',
      ...content,
      createdAt: new Date(now).toISOString(),
    };
    const [key, numberKey] = [versionKey(id, version.id), versionNumberKey(id, number)];
    const result = await deps.store.commit({
      shard: key.shard,
      expect: [present(appKey(id)), absent(numberKey)],
      write: [put(key, version, { tenant: null }), put(numberKey, { version: version.id }, { tenant: null })],
      events: [happened({ type: 'app.version_created', tenant: null, app: id, version: version.id }, { actor, now })],
    });
    if (result.ok) return version;
  }
}

export async function updateDraft(
  deps: VersionDeps,
  { app: id, version, ifVersion, ...changes }: Partial<VersionInput> & { app: AppId; version: VersionId; ifVersion?: number },
  actor: Actor,
): Promise<Version> {
  const app = await readApp(deps, id);
  if (!app) throw new AppError('not_found');
  return changeRecord(deps.store, versionKey(id, version), ifVersion, ({ value: draft }) => {
    if (draft.status !== 'draft') throw new AppError('conflict', { detail: 'Only a draft can be changed. Make a new version.' });
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    return {
      value: { ...draft, ...versionContent({ ...asGiven(draft), ...given }, app.value, deps) },
      events: [happened({ type: 'app.version_updated', tenant: null, app: id, version }, { actor, now: deps.clock() })],
    };
  });
}

/** Without the names that were made of what it asks for on nodes: they are made anew. */
const asGiven = ({ permissions, ...draft }: Version): VersionInput => ({
  ...draft,
  permissions: { user: withoutResourceNames(permissions.user), tenant: withoutResourceNames(permissions.tenant) },
});
