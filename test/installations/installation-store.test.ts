import { beforeEach, describe, expect, it } from '@jest/globals';

import { approveApp, blockApp, removeAppFromTenant, unblockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import type { AppId, GroupId, TenantId, UserId } from '#src/ids.ts';
import { changeDataRange, changePermissions, resumeInstallation, suspendInstallation } from '#src/installations/change-installation.ts';
import { installationsOf, readInstallation } from '#src/installations/installation-store.ts';
import { readInstalledApp, standingInstallationsOf, standingInstallationsOfApp } from '#src/installations/installed-app.ts';
import { uninstall, uninstallEverything } from '#src/installations/uninstall.ts';
import { shardOf } from '#src/storage/shards.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { addMember, changeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system, type Domain } from '#test/support/domain.ts';

import { approve, install, makeApp } from './world.ts';

const happenings = async ({ deps }: Domain, type: string) =>
  (await eventsOf(deps.store, shardOf(northwind))).filter((event) => event.type === type);

describe('an installation', () => {
  onEachEngine((domain) => {
    let app: AppId;
    beforeEach(async () => {
      await makeNorthwind(domain());
      app = await makeApp(domain());
    });
    const named = () => ({ tenant: northwind, app });
    const standing = async () => (await readInstalledApp(domain().deps, northwind, app)).installation?.value;

    it('L14 is there once for each tenant and app, and tells who installed it and who had asked', async () => {
      const { deps } = domain();
      const made = await install(domain(), app, { applicants: [ben, dan] });
      expect(made).toMatchObject({ tenant: northwind, app, status: 'active', installedBy: ada, permissions: ['meetings:read'], dataRange: { kind: 'all' }, generation: 0 });
      expect((await readInstallation(deps, northwind, app))?.value).toEqual(made);
      expect(await happenings(domain(), 'app.installed')).toMatchObject([{ user: ada, installation: made.id, permissions: ['meetings:read'], applicants: [ben, dan], actor: by(ada) }]);
    });

    it('grows when it is consented to again, and stays suspended', async () => {
      const { deps } = domain();
      const made = await install(domain(), app);
      await suspendInstallation(deps, named(), by(chloe));
      const again = await install(domain(), app, { user: chloe, permissions: ['meetings:write'], dataRange: { kind: 'some', groups: [], members: [ben] } });
      expect(again).toMatchObject({ id: made.id, status: 'suspended', installedBy: ada, permissions: ['meetings:read', 'meetings:write'] });
      expect(await happenings(domain(), 'app.installed')).toHaveLength(1);
      expect(await happenings(domain(), 'permissions.changed')).toMatchObject([{ installation: made.id, permissions: ['meetings:read', 'meetings:write'] }]);
      expect(await happenings(domain(), 'data_range.changed')).toHaveLength(1);
    });

    it('xC3 is made once when two admins consent at the same time', async () => {
      const both = await Promise.allSettled([install(domain(), app), install(domain(), app, { user: chloe })]);
      expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await happenings(domain(), 'app.installed')).toHaveLength(1);
    });

    it('S14 is narrowed at will and widened within what the tenant allows', async () => {
      const { deps } = domain();
      await install(domain(), app);
      expect(await refusal(changePermissions(deps, { ...named(), permissions: ['meetings:read', 'meetings:write'] }, by(ada)))).toBe('invalid_request');
      await approve(domain(), app, ['meetings:write']);
      expect(await changePermissions(deps, { ...named(), permissions: ['meetings:read', 'meetings:write'] }, by(ada))).toMatchObject({ permissions: ['meetings:read', 'meetings:write'] });
      expect(await refusal(changePermissions(deps, { ...named(), permissions: ['directory:read'] }, by(ada)))).toBe('invalid_request');
      expect(await refusal(changePermissions(deps, { ...named(), permissions: ['no:such'] }, by(ada)))).toBe('invalid_request');
      expect(await changePermissions(deps, { ...named(), permissions: [] }, by(chloe))).toMatchObject({ permissions: [] });
      expect(await happenings(domain(), 'permissions.changed')).toHaveLength(2);
    });

    it('xA5 is changed only by those who may manage apps when it is written', async () => {
      const { deps } = domain();
      await install(domain(), app);
      for (const stranger of [ben, 'usr_nobody' as UserId]) {
        const attempts = [changePermissions(deps, { ...named(), permissions: [] }, by(stranger)), suspendInstallation(deps, named(), by(stranger)), uninstall(deps, named(), by(stranger)), uninstallEverything(deps, named(), by(stranger))];
        expect(await Promise.all(attempts.map(refusal))).toEqual(attempts.map(() => 'forbidden'));
      }
      await changeMember(deps, { tenant: northwind, user: chloe, role: 'member' }, system);
      expect(await refusal(suspendInstallation(deps, named(), by(chloe)))).toBe('forbidden');
      expect(await standing()).toMatchObject({ status: 'active', permissions: ['meetings:read'] });
    });

    it('L6 has a data range of groups and members that there are, and its change is an event', async () => {
      const { deps } = domain();
      await install(domain(), app);
      const group = await createGroup(deps, { tenant: northwind, name: 'Sales' }, system);
      const some = (groups: readonly string[], members: readonly string[]) => ({ kind: 'some', groups: groups as GroupId[], members: members as UserId[] }) as const;
      expect(await changeDataRange(deps, { ...named(), dataRange: some([group.id, group.id], [ben]) }, by(ada))).toMatchObject({ dataRange: some([group.id], [ben]) });
      for (const wrong of [some([], []), some(['grp_unknown'], []), some([], ['usr_unknown'])]) {
        expect(await refusal(changeDataRange(deps, { ...named(), dataRange: wrong }, by(ada)))).toBe('invalid_request');
      }
      await changeDataRange(deps, { ...named(), dataRange: some([group.id], [ben]) }, by(ada));
      await changeDataRange(deps, { ...named(), dataRange: { kind: 'all' } }, by(ada));
      expect(await happenings(domain(), 'data_range.changed')).toHaveLength(2);
    });

    it('L14 is suspended and resumed, each told once', async () => {
      const { deps } = domain();
      await install(domain(), app);
      for (let n = 0; n < 2; n += 1) await suspendInstallation(deps, named(), by(ada));
      expect(await standing()).toMatchObject({ status: 'suspended' });
      for (let n = 0; n < 2; n += 1) await resumeInstallation(deps, named(), by(ada));
      expect(await standing()).toMatchObject({ status: 'active' });
      expect(await happenings(domain(), 'installation.suspended')).toHaveLength(1);
      expect(await happenings(domain(), 'installation.resumed')).toHaveLength(1);
    });

    it('keeps one of two changes made from the same reading, and both made one after the other', async () => {
      const { deps } = domain();
      await install(domain(), app);
      const ifVersion = (await readInstallation(deps, northwind, app))!.version;
      const races = await atOnce([
        suspendInstallation(deps, { ...named(), ifVersion }, by(ada)),
        changeDataRange(deps, { ...named(), ifVersion, dataRange: { kind: 'some', groups: [], members: [ben] } }, by(chloe)),
      ]);
      expect([races.done.length, races.refused]).toEqual([1, ['precondition_failed']]);
      const free = await atOnce([suspendInstallation(deps, named(), by(ada)), changeDataRange(deps, { ...named(), dataRange: { kind: 'some', groups: [], members: [dan] } }, by(chloe))]);
      expect(free.done).toHaveLength(2);
      expect(await standing()).toMatchObject({ status: 'suspended', dataRange: { members: [dan] } });
    });

    it('L14 is gone once uninstalled, told once, and comes back under another id', async () => {
      const { deps } = domain();
      const made = await install(domain(), app);
      const races = await Promise.all(Array.from({ length: 4 }, () => uninstall(deps, named(), by(ada))));
      expect(races.filter(Boolean)).toHaveLength(1);
      expect(await happenings(domain(), 'app.uninstalled')).toMatchObject([{ installation: made.id }]);
      expect(await readInstallation(deps, northwind, app)).toBeUndefined();
      expect(await refusal(suspendInstallation(deps, named(), by(ada)))).toBe('not_found');
      expect((await install(domain(), app)).id).not.toBe(made.id);
    });

    it('xA7 goes with everything else of the app in one commit, and what is given later is new', async () => {
      const { deps } = domain();
      await approve(domain(), app, ['meetings:write']);
      const made = await install(domain(), app, { permissions: ['meetings:read', 'meetings:write'] });
      await uninstallEverything(deps, named(), by(ada));
      expect(await readInstallation(deps, northwind, app)).toBeUndefined();
      expect((await readApprovalFacts(deps, northwind, app)).approval).toMatchObject({ status: 'withdrawn', generation: 1, permissions: { user: [], tenant: [] } });
      expect(await happenings(domain(), 'app.uninstalled')).toHaveLength(1);
      await approveApp(deps, { ...named(), permissions: { user: [], tenant: [] }, availability: { kind: 'everyone' } }, system);
      const again = await install(domain(), app);
      expect(again).toMatchObject({ generation: 1, permissions: ['meetings:read'] });
      expect(again.id).not.toBe(made.id);
    });

    it('I7 xA7 is removed with everything once, however often that is asked for, until something was allowed again', async () => {
      const { deps } = domain();
      await install(domain(), app);
      await atOnce([uninstallEverything(deps, named(), by(ada)), uninstallEverything(deps, named(), by(chloe))]);
      await blockApp(deps, named(), by(ada));
      await uninstallEverything(deps, named(), by(ada));
      await unblockApp(deps, named(), by(ada));
      await uninstallEverything(deps, named(), by(ada));
      expect(await happenings(domain(), 'app.uninstalled')).toHaveLength(1);
      await approve(domain(), app, ['meetings:write']);
      await withdrawApproval(deps, named(), by(ada));
      await uninstallEverything(deps, named(), by(ada));
      expect(await happenings(domain(), 'app.uninstalled')).toHaveLength(2);
      expect((await readApprovalFacts(deps, northwind, app)).approval).toMatchObject({ status: 'withdrawn', generation: 2, shuts: 2 });
    });

    it('I2 of an earlier generation is over although its record is there, and a new one takes its place', async () => {
      const { deps } = domain();
      const made = await install(domain(), app);
      await removeAppFromTenant(deps, named(), by(ada));
      expect(await standing()).toBeUndefined();
      expect((await standingInstallationsOf(deps, northwind, { limit: 10 })).records).toEqual([]);
      expect(await refusal(resumeInstallation(deps, named(), by(ada)))).toBe('not_found');
      expect(await uninstall(deps, named(), by(ada))).toBe(false);
      await removeAppFromTenant(deps, named(), by(ada));
      const again = await install(domain(), app);
      expect(again).toMatchObject({ generation: 1 });
      expect(again.id).not.toBe(made.id);
    });

    it('xT1 of one tenant is not in another, and an operator lists an app across all of them', async () => {
      const { deps } = domain();
      const tenants = Array.from({ length: 9 }, (_, n) => `ten_${n}` as TenantId);
      for (const id of tenants) {
        await createTenant(deps, { id, name: id }, system);
        await addMember(deps, { tenant: id, user: ada, role: 'owner' }, system);
        await install(domain(), app, { tenant: id });
      }
      await install(domain(), await makeApp(domain(), { name: 'Another' }));
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await standingInstallationsOfApp(deps, app, { limit: 4, ...(after !== undefined && { after }) });
        found.push(...page.records.map(({ value }) => value.tenant));
        after = page.next;
      } while (after !== undefined);
      expect(found.toSorted()).toEqual(tenants);
      expect((await installationsOf(deps, tenants[0]!, { limit: 10 })).records).toHaveLength(1);
      expect(await readInstallation(deps, northwind, app)).toBeUndefined();
    });
  });
});
