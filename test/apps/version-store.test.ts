import { describe, expect, it } from '@jest/globals';

import { findApp, registerApp } from '#src/apps/app-store.ts';
import { createVersion, findVersion, listVersions, publishVersion, updateDraft, type VersionInput } from '#src/apps/version-store.ts';
import type { AppId, VersionId } from '#src/ids.ts';
import { atOnce, onEachEngine, refusal, system } from '#test/support/domain.ts';

const content: VersionInput = {
  redirectUris: ['https://app.example/callback'],
  permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] }, tenant: { required: ['directory:read'] } },
  sharedAccess: true,
};

describe('versions of an app', () => {
  onEachEngine((domain) => {
    const makeApp = async (authMethod: 'client_secret_basic' | 'none' = 'client_secret_basic'): Promise<AppId> => {
      const developer = { name: 'Tidy Hours Ltd', uri: null, verified: false };
      return (await registerApp(domain().deps, { name: 'Scheduler Pro', developer, authMethod }, system)).app.id;
    };
    const everyVersion = async (app: AppId) => (await listVersions(domain().deps, app, { limit: 100 })).records.map(({ value }) => value);

    it('begin as drafts that say all there is to say', async () => {
      const app = await makeApp();
      expect(await createVersion(domain().deps, { app, ...content }, system)).toMatchObject({
        app, number: 1, status: 'draft', redirectUris: content.redirectUris, postLogoutRedirectUris: [], launchUri: null, sharedAccess: true,
        permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] }, tenant: { required: ['directory:read'], optional: [] } },
      });
    });

    it('are counted without gap or repeat, also when many are made at once', async () => {
      const app = await makeApp();
      await Promise.all(Array.from({ length: 12 }, () => createVersion(domain().deps, { app, ...content }, system)));
      expect((await everyVersion(app)).map(({ number }) => number)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    });

    it('name only permissions that exist for the identity, and never shared access or the protocol\'s own', async () => {
      const { deps } = domain();
      const app = await makeApp();
      const withUser = (name: string): VersionInput => ({ ...content, permissions: { user: { optional: [name] } } });
      for (const name of ['meetings:all', 'directory:read', 'shared_access', 'openid', 'offline_access', '', 'meetings:read calendar:read', '__proto__']) {
        expect(await refusal(createVersion(deps, { app, ...withUser(name) }, system))).toBe('invalid_request');
      }
      for (const permissions of [{ tenant: { required: ['calendar:read'] } }, { user: { required: ['meetings:read'], optional: ['meetings:read'] } }]) {
        expect(await refusal(createVersion(deps, { app, ...content, permissions }, system))).toBe('invalid_request');
      }
      await expect(createVersion(deps, { app, ...withUser('shared_access') }, system)).rejects.toMatchObject({
        fields: [{ pointer: '/permissions/user/optional', detail: '"shared_access" is not asked for: set sharedAccess, and each person decides.' }],
      });
      expect(await everyVersion(app)).toEqual([]);
    });

    it('return only to addresses that the sort of app may have', async () => {
      const { deps } = domain();
      const [confidential, open] = [await makeApp(), await makeApp('none')];
      const redirectUris = ['com.example.app:/callback'];
      expect(await refusal(createVersion(deps, { app: confidential, ...content, redirectUris }, system))).toBe('invalid_request');
      expect((await createVersion(deps, { app: open, ...content, redirectUris }, system)).redirectUris).toEqual(redirectUris);
      for (const more of [{ redirectUris: ['http://app.example/'] }, { postLogoutRedirectUris: ['javascript:x'] }, { launchUri: 'data:x' }, { redirectUris: Array.from({ length: 51 }, (_, n) => `https://app.example/${n}`) }]) {
        expect(await refusal(createVersion(deps, { app: confidential, ...content, ...more }, system))).toBe('invalid_request');
      }
    });

    it('can be changed while they are drafts, and never after', async () => {
      const { deps } = domain();
      const app = await makeApp();
      const { id: version } = await createVersion(deps, { app, ...content }, system);
      expect(await updateDraft(deps, { app, version, sharedAccess: false }, system)).toMatchObject({ sharedAccess: false, redirectUris: content.redirectUris });
      expect(await refusal(updateDraft(deps, { app, version, redirectUris: ['http://app.example/'] }, system))).toBe('invalid_request');
      const races = await atOnce<unknown>([
        publishVersion(deps, { app, version }, system),
        updateDraft(deps, { app, version, permissions: { user: { required: ['meetings:write'] } } }, system),
      ]);
      expect(races.done).toContainEqual(await findVersion(deps, app, version));
      expect(await refusal(updateDraft(deps, { app, version, sharedAccess: true }, system))).toBe('conflict');
    });

    it('are live one at a time: publishing one retires the one before, also when two are published at once', async () => {
      const { deps } = domain();
      const app = await makeApp();
      const made = [];
      for (let n = 0; n < 4; n += 1) made.push(await createVersion(deps, { app, ...content }, system));
      await Promise.all(made.map(({ id }) => publishVersion(deps, { app, version: id }, system)));
      const versions = await everyVersion(app);
      const live = versions.filter(({ status }) => status === 'live');
      expect(live.map(({ id }) => id)).toEqual([(await findApp(deps, app))?.liveVersion]);
      expect(versions.filter(({ status }) => status === 'retired')).toHaveLength(3);
      const retired = versions.find(({ status }) => status === 'retired')!;
      expect(await refusal(publishVersion(deps, { app, version: retired.id }, system))).toBe('conflict');
      expect(await publishVersion(deps, { app, version: live[0]!.id }, system)).toEqual(live[0]);
    });

    it('xT1 of one app do not exist in another', async () => {
      const { deps } = domain();
      const [mine, theirs] = [await makeApp(), await makeApp()];
      const { id } = await createVersion(deps, { app: theirs, ...content }, system);
      expect(await findVersion(deps, mine, id)).toBeUndefined();
      expect(await refusal(publishVersion(deps, { app: mine, version: id }, system))).toBe('not_found');
      expect(await refusal(publishVersion(deps, { app: mine, version: 'ver_unknown' as VersionId }, system))).toBe('not_found');
      expect(await refusal(createVersion(deps, { app: 'app_unknown' as AppId, ...content }, system))).toBe('not_found');
    });
  });
});
