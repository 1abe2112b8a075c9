import { describe, expect, it } from '@jest/globals';

import { findLiveApp, registerApp, updateApp } from '#src/apps/app-store.ts';
import { parseCatalogue } from '#src/apps/load-catalogue.ts';
import { lookupOf, startsOf } from '#src/apps/listing.ts';
import { searchListings } from '#src/apps/listing-store.ts';
import { createVersion, findVersion, publishVersion, returnVersion, submitVersion, updateDraft } from '#src/apps/version-store.ts';
import { allowedPermissions, decide, mayUse } from '#src/approvals/decide.ts';
import { defaultRules } from '#src/approvals/rules.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { wordsOf } from '#src/words.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ben, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';
import { testCatalogue } from '#test/support/catalogue.ts';
import { shardOf } from '#src/storage/shards.ts';

const developer = { name: 'Tidy Hours Ltd', uri: null, verified: false };
const content = { redirectUris: ['https://app.example/callback'], permissions: { user: { required: ['meetings:read'] } } };

describe('an app', () => {
  onEachEngine((domain) => {
    const make = async (more: { owner?: TenantId; listed?: boolean; name?: string } = {}): Promise<AppId> =>
      (await registerApp(domain().deps, { name: 'Scheduler', developer, authMethod: 'none', ...more }, system)).app.id;
    const publish = async (app: AppId, permissions = content.permissions as Parameters<typeof createVersion>[1]['permissions']) => {
      const version = await createVersion(domain().deps, { app, ...content, permissions }, system);
      return publishVersion(domain().deps, { app, version: version.id }, system);
    };

    it('S7 of the marketplace cannot ask for what only a tenant\'s own app can', async () => {
      const { deps } = domain();
      await makeNorthwind(domain());
      const [own, listed] = [await make({ owner: northwind }), await make({ listed: true })];
      const control = { tenant: { required: ['everything:control'] } };
      expect(await publish(own, control)).toMatchObject({ status: 'live' });
      await expect(publish(listed, control)).rejects.toMatchObject({
        code: 'invalid_request',
        fields: [{ pointer: '/permissions/tenant/required', detail: '"everything:control" is only for a tenant\'s own app.' }],
      });
      expect(await refusal(publish(await make(), control))).toBe('invalid_request');
      expect(await refusal(make({ owner: northwind, listed: true }))).toBe('invalid_request');
      expect(await refusal(updateApp(deps, { id: own, listed: true }, system))).toBe('invalid_request');
      expect(await refusal(make({ owner: 'ten_unknown' as TenantId }))).toBe('invalid_request');
    });

    it('S7 of a tenant\'s own works in that tenant alone', async () => {
      const { deps } = domain();
      await makeNorthwind(domain());
      const own = await make({ owner: northwind });
      await publish(own);
      const live = (await findLiveApp(deps, own))!;
      const inTenant = (tenant: TenantId) => ({ ...live, rules: defaultRules(tenant), approval: undefined, catalogue: testCatalogue });
      expect(allowedPermissions('user', inTenant(northwind))).toEqual(['meetings:read']);
      expect(mayUse({ user: ben, groups: [] }, inTenant(northwind))).toBe(true);
      expect(decide('meetings:read', 'user', inTenant('ten_contoso' as TenantId))).toMatchObject({ treatment: 'block', because: 'of_another_tenant' });
      expect(mayUse({ user: ben, groups: [] }, inTenant('ten_contoso' as TenantId))).toBe(false);
    });

    it('L15 works on with the version in use while a new one is handed in, returned and published', async () => {
      const { deps } = domain();
      const app = await make();
      const first = await publish(app);
      const { id: version } = await createVersion(deps, { app, ...content, permissions: { user: { required: ['meetings:write'] } } }, system);
      expect(await submitVersion(deps, { app, version }, system)).toMatchObject({ status: 'submitted' });
      expect(await submitVersion(deps, { app, version }, system)).toMatchObject({ status: 'submitted' });
      expect(await refusal(updateDraft(deps, { app, version, sharedAccess: true }, system))).toBe('conflict');
      expect((await findLiveApp(deps, app))?.version).toEqual(first);
      expect(await returnVersion(deps, { app, version }, system)).toMatchObject({ status: 'draft' });
      await updateDraft(deps, { app, version, sharedAccess: true }, system);
      await submitVersion(deps, { app, version }, system);
      await publishVersion(deps, { app, version }, system);
      expect((await findLiveApp(deps, app))?.version).toMatchObject({ id: version, status: 'live', sharedAccess: true });
      expect(await findVersion(deps, app, first.id)).toMatchObject({ status: 'retired' });
      expect(await refusal(submitVersion(deps, { app, version }, system))).toBe('conflict');
      expect(await refusal(returnVersion(deps, { app, version: first.id }, system))).toBe('conflict');
      const told = (await eventsOf(deps.store, shardOf(app))).map(({ type }) => type).filter((type) => /submitted|returned/.test(type));
      expect(told).toEqual(['app.version_submitted', 'app.version_returned', 'app.version_submitted']);
    });

    it('is found as what it says now, also after changes that race', async () => {
      const { deps } = domain();
      const app = await make({ listed: true, name: 'First Name' });
      const search = async (text: string, owner: TenantId | null = null) => (await searchListings(deps, { text, owner, limit: 10 })).records.map(({ value }) => value.name);
      expect(await search('first')).toEqual([]);
      await publish(app);
      expect(await search('first')).toEqual(['First Name']);
      await Promise.all(Array.from({ length: 8 }, (_, n) => updateApp(deps, { id: app, name: `Name ${n}` }, system)));
      const { app: now } = (await findLiveApp(deps, app))!;
      expect(await search('name')).toEqual([now.name]);
      await updateApp(deps, { id: app, listed: false }, system);
      expect(await search('name')).toEqual([]);
      await createTenant(deps, { id: northwind, name: 'Northwind' }, system);
      const own = await make({ owner: northwind, name: 'Own' });
      await publish(own);
      expect([await search('own'), await search('own', northwind)]).toEqual([[], ['Own']]);
    });
  });
});

describe('the words of a listing', () => {
  it('are compared without case, marks and punctuation, and found by each beginning', () => {
    expect(wordsOf('Écrit & Co. — 2nd “Édition”!')).toEqual(['ecrit', 'co', '2nd', 'edition']);
    expect(startsOf(['abc', 'ab'])).toEqual(['a', 'ab', 'abc']);
    expect(startsOf(['x'.repeat(50)])).toHaveLength(12);
    expect(lookupOf(['ab', 'abcdefghijklmnop'])).toBe('abcdefghijkl');
    expect(lookupOf([])).toBe('');
    expect(wordsOf(' \u0000 ')).toEqual([]);
  });
});

describe('S7 the catalogue', () => {
  it('says which permissions are for own apps only', () => {
    const text = (more: string) => `resource: https://api.example\npermissions:\n  - {name: a, title: T, explanation: E, identities: [tenant], level: restricted${more}}`;
    expect(parseCatalogue(text(''), 'x').find('a')?.listedApps).toBe(true);
    expect(parseCatalogue(text(', listed_apps: false'), 'x').find('a')?.listedApps).toBe(false);
    expect(() => parseCatalogue(text(', listed_apps: perhaps'), 'x')).toThrow();
  });
});
