import { describe, expect, it } from '@jest/globals';

import { registerApp, setAppStatus } from '#src/apps/app-store.ts';
import { createLiveApps } from '#src/apps/live-app-cache.ts';
import { createVersion, publishVersion } from '#src/apps/version-store.ts';
import type { AppId } from '#src/ids.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { onEachEngine, system } from '#test/support/domain.ts';
import { until } from '#test/support/redis.ts';

describe('the cache of live apps', () => {
  onEachEngine((domain) => {
    const makeApp = async (): Promise<AppId> => {
      const { deps } = domain();
      const developer = { name: 'Tidy Hours Ltd', uri: null, verified: false };
      const { app } = await registerApp(deps, { name: 'Scheduler Pro', developer, authMethod: 'none' }, system);
      const version = await createVersion(deps, { app: app.id, redirectUris: [], permissions: {} }, system);
      await publishVersion(deps, { app: app.id, version: version.id }, system);
      return app.id;
    };

    it('answers from memory, but never with something older than a second', async () => {
      const { deps } = domain();
      const id = await makeApp();
      let reads = 0;
      const store: RecordStore = { ...deps.store, read: (...keys) => ((reads += 1), deps.store.read(...keys)) };
      const apps = createLiveApps({ ...deps, store });
      await apps.find(id);
      const once = reads;
      const live = await apps.find(id);
      expect(reads).toBe(once);
      expect(live?.app.status).toBe('active');

      // Another server switches it off; this one is not told.
      await setAppStatus(deps, { id, status: 'disabled' }, system);
      const acknowledged = performance.now();
      await until('the cache notices', async () => (await apps.find(id))?.app.status === 'disabled', 2000);
      expect(performance.now() - acknowledged).toBeLessThan(1100);
    });

    it('shows a change of its own process at once, also to a look-up that was under way', async () => {
      const { deps } = domain();
      const id = await makeApp();
      let letGo = () => {};
      const held = new Promise<void>((resolve) => (letGo = resolve));
      const store: RecordStore = { ...deps.store, read: async (...keys) => {
        const answer = await deps.store.read(...keys);
        await held;
        return answer;
      } };
      const apps = createLiveApps({ ...deps, store });
      const early = apps.find(id);
      await setAppStatus({ ...deps, apps }, { id, status: 'disabled' }, system);
      letGo();
      await early;
      expect((await apps.find(id))?.app.status).toBe('disabled');
      await setAppStatus({ ...deps, apps }, { id, status: 'active' }, system);
      expect((await apps.find(id))?.app.status).toBe('active');
    });

    it('keeps no absence: an app is found as soon as it is there', async () => {
      const { deps } = domain();
      const apps = createLiveApps(deps);
      const developer = { name: 'Tidy Hours Ltd', uri: null, verified: false };
      const id = 'app_soon' as AppId;
      expect(await apps.find(id)).toBeUndefined();
      await registerApp(deps, { id, name: 'Soon', developer, authMethod: 'none' }, system);
      const version = await createVersion(deps, { app: id, redirectUris: [], permissions: {} }, system);
      await publishVersion(deps, { app: id, version: version.id }, system);
      expect((await apps.find(id))?.app.name).toBe('Soon');
    });
  });
});
