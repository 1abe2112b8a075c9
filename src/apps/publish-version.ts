import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { AppId, VersionId } from '#src/ids.ts';
import { put, unchanged } from '#src/storage/record-store.ts';
import { revoke } from '#src/storage/revoke.ts';

import type { Version } from './app.ts';
import { appKey, readApp, readVersion, type AppDeps } from './app-records.ts';
import { appChanged } from './listing-store.ts';

/**
 * What was drafted or submitted goes live and the version in use retires, in one commit with the app that points at them. Durable, since
 * what the old version declared and the new one does not is taken from every token (I4). For a version that is live
 * already it is written again, without an event, so that this answer is as durable as the first.
 */
export async function publishVersion(deps: AppDeps, { app: id, version }: { app: AppId; version: VersionId }, actor: Actor): Promise<Version> {
  const live = await revoke(deps.store, appKey(id).shard, async () => {
    const [app, draft] = await Promise.all([readApp(deps, id), readVersion(deps, id, version)]);
    if (!app || !draft) throw new AppError('not_found');
    const isLive = app.value.liveVersion === version;
    if (draft.value.status === 'retired') throw new AppError('conflict', { detail: 'This version has retired. Make a new version.' });
    const old = isLive || app.value.liveVersion === null ? undefined : await readVersion(deps, id, app.value.liveVersion);
    const published: Version = { ...draft.value, status: 'live' };
    return {
      expect: [unchanged(app), unchanged(draft), ...(old ? [unchanged(old)] : [])],
      write: [
        put(app.key, { ...app.value, liveVersion: version }, { tenant: null }),
        put(draft.key, published, { tenant: null }),
        ...(old ? [put(old.key, { ...old.value, status: 'retired' }, { tenant: null })] : []),
      ],
      events: isLive ? [] : [happened({ type: 'app.version_published', tenant: null, app: id, version }, { actor, now: deps.clock() })],
      result: published,
    };
  });
  await appChanged(deps, id);
  return live;
}
