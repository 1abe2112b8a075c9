import { crc32 } from 'node:zlib';

import { describe, expect, it } from '@jest/globals';

import type { App } from '#src/apps/app.ts';
import {
  addSecret, appKey, appsByIds, findApp, findLiveApp, listApps, registerApp, removeSecret, setAppStatus, updateApp,
} from '#src/apps/app-store.ts';
import { createVersion, publishVersion } from '#src/apps/version-store.ts';
import { secretMatches } from '#src/client-secret.ts';
import { base62, type AppId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { atOnce, eventsOf, onEachEngine, refusal, system } from '#test/support/domain.ts';

const developer = { name: 'Tidy Hours Ltd', uri: 'https://tidy.example/', verified: false };
const input = { name: 'Scheduler Pro', developer, authMethod: 'client_secret_basic' as const };
const publicKey = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' };

const digests = (app: App) => app.secrets.map(({ digest }) => digest);

describe('apps', () => {
  onEachEngine((domain) => {
    it('get a secret that is shown once and kept as a digest only (I10)', async () => {
      const { deps } = domain();
      const { app, secret } = await registerApp(deps, input, system);
      expect(secret).toMatch(/^assent_cs_[0-9A-Za-z]{49}$/);
      expect(secret!.slice(-6)).toBe(base62(crc32(secret!.slice(0, -6)), 6));
      expect(secretMatches(secret!, digests(app))).toBe(true);
      expect(secretMatches(`${secret!}x`, digests(app))).toBe(false);
      const [record] = await deps.store.read(appKey(app.id));
      const events = await eventsOf(deps.store, shardOf(app.id));
      expect(JSON.stringify([record, events])).not.toContain(secret!.slice('assent_cs_'.length));
      expect(events).toMatchObject([{ type: 'app.registered', app: app.id }]);
    });

    it('have no secret when they authenticate otherwise', async () => {
      const { deps } = domain();
      const open = await registerApp(deps, { ...input, authMethod: 'none' }, system);
      expect([open.secret, open.app.secrets, open.app.pkce]).toEqual([null, [], 'required']);
      const withKey = await registerApp(deps, { ...input, authMethod: 'private_key_jwt', jwks: { keys: [publicKey] } }, system);
      expect([withKey.secret, withKey.app.secrets]).toEqual([null, []]);
      expect(await refusal(addSecret(deps, { id: open.app.id }, system))).toBe('conflict');
    });

    it('are refused with everything that is wrong with them', async () => {
      const { deps } = domain();
      await expect(
        registerApp(
          deps,
          { name: ' ', tagline: 'x'.repeat(201), developer: { name: 'A\u202eB', uri: 'data:text/html,x', verified: false }, authMethod: 'none', pkce: 'exempt', logoUri: 'javascript:alert(1)', homepageUri: 'http://app.example' },
          system,
        ),
      ).rejects.toMatchObject({
        code: 'invalid_request',
        fields: ['/name', '/tagline', '/developer/name', '/logoUri', '/homepageUri', '/developer/uri', '/pkce'].map((pointer) => expect.objectContaining({ pointer })),
      });
      for (const jwks of [null, { keys: [] }, { keys: [{ ...publicKey, d: 'secret' }] }, { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, { keys: [{}] }]) {
        expect(await refusal(registerApp(deps, { ...input, authMethod: 'private_key_jwt', jwks }, system))).toBe('invalid_request');
      }
      expect(await refusal(registerApp(deps, { ...input, jwks: { keys: [publicKey] } }, system))).toBe('invalid_request');
      expect(await refusal(registerApp(deps, { ...input, id: 'scheduler' }, system))).toBe('invalid_request');
      expect((await listApps(deps, { limit: 10 })).records).toEqual([]);
    });

    it('are registered once under an id that is wanted several times at once', async () => {
      const { deps } = domain();
      const { done, refused } = await atOnce(Array.from({ length: 6 }, () => registerApp(deps, { ...input, id: 'app_same' }, system)));
      expect(done).toHaveLength(1);
      expect(new Set(refused)).toEqual(new Set(['conflict']));
      expect(await findApp(deps, 'app_same' as AppId)).toEqual(done[0]!.app);
    });

    it('have two secrets at most, also when many are added at once, and one at least', async () => {
      const { deps } = domain();
      const { app: { id }, secret } = await registerApp(deps, input, system);
      const { done, refused } = await atOnce(Array.from({ length: 5 }, () => addSecret(deps, { id }, system)));
      expect(done).toHaveLength(1);
      expect(refused).toEqual(Array.from({ length: 4 }, () => 'conflict'));
      const both = (await findApp(deps, id))!;
      expect([secret!, done[0]!.secret].map((each) => secretMatches(each, digests(both)))).toEqual([true, true]);
      const [first, second] = digests(both) as [string, string];
      const removals = await atOnce([removeSecret(deps, { id, digest: first }, system), removeSecret(deps, { id, digest: second }, system)]);
      expect(removals.refused).toEqual(['conflict']);
      expect((await findApp(deps, id))!.secrets).toHaveLength(1);
      const again = await removeSecret(deps, { id, digest: 'gone' }, system);
      expect(again.secrets).toHaveLength(1);
      const types = (await eventsOf(deps.store, shardOf(id))).map(({ type }) => type);
      expect(types).toEqual(['app.registered', 'app.secret_added', 'app.secret_removed']);
    });

    it('keep what a change does not name, and are never changed into something invalid', async () => {
      const { deps } = domain();
      const { app } = await registerApp(deps, { ...input, tagline: 'Finds time' }, system);
      const changed = await updateApp(deps, { id: app.id, name: 'Scheduler', tagline: undefined, developer: { ...developer, verified: true } }, system);
      expect(changed).toEqual({ ...app, name: 'Scheduler', developer: { ...developer, verified: true } });
      expect(await refusal(updateApp(deps, { id: app.id, logoUri: 'data:image/png;base64,x' }, system))).toBe('invalid_request');
      expect(await refusal(updateApp(deps, { id: 'app_unknown' as AppId, name: 'X' }, system))).toBe('not_found');
      expect(await findApp(deps, app.id)).toEqual(changed);
    });

    it('are live with their published version, and can be switched off and on', async () => {
      const { deps } = domain();
      const { app: { id } } = await registerApp(deps, input, system);
      expect(await findLiveApp(deps, id)).toBeUndefined();
      const { id: version } = await createVersion(deps, { app: id, redirectUris: ['https://app.example/cb'], permissions: {} }, system);
      expect(await findLiveApp(deps, id)).toBeUndefined();
      await publishVersion(deps, { app: id, version }, system);
      expect(await findLiveApp(deps, id)).toMatchObject({ app: { id, status: 'active' }, version: { id: version, status: 'live' } });
      await setAppStatus(deps, { id, status: 'disabled' }, system);
      await setAppStatus(deps, { id, status: 'disabled' }, system);
      expect((await findLiveApp(deps, id))?.app.status).toBe('disabled');
      await setAppStatus(deps, { id, status: 'active' }, system);
      const types = (await eventsOf(deps.store, shardOf(id))).map(({ type }) => type);
      expect(types).toEqual(['app.registered', 'app.version_created', 'app.version_published', 'app.disabled', 'app.enabled']);
    });

    it('are found together by their ids', async () => {
      const { deps } = domain();
      const made = await Promise.all(['A', 'B', 'C'].map((name) => registerApp(deps, { ...input, name }, system)));
      const [a, b] = made.map(({ app }) => app) as [App, App];
      expect(await appsByIds(deps, [a.id, b.id, a.id, 'app_unknown' as AppId])).toEqual(new Map([[a.id, a], [b.id, b]]));
      expect(await appsByIds(deps, [])).toEqual(new Map());
    });
  });
});
