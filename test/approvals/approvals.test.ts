import { describe, expect, it } from '@jest/globals';

import { setAppStatus } from '#src/apps/app-store.ts';
import { approvalsOf } from '#src/approvals/approval-store.ts';
import type { Availability } from '#src/approvals/availability.ts';
import { approveApp, blockApp, removeAppFromTenant, unblockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import { tenantApps } from '#src/approvals/tenant-apps.ts';
import type { AppId, GroupId, TenantId, UserId } from '#src/ids.ts';
import { defineKind, put, remove } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { changeMember } from '#src/tenants/member-store.ts';
import { createGroup } from '#src/tenants/group-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';

import { findApprovalRecord } from './records.ts';
import { ADVANCED, makeWorld, RESTRICTED } from './world.ts';

const EVERYONE: Availability = { kind: 'everyone' };

describe('approvals', () => {
  onEachEngine((domain) => {
    const approve = (app: AppId, more = {}, who: UserId = chloe) =>
      approveApp(domain().deps, { tenant: northwind, app, permissions: ADVANCED, availability: EVERYONE, ...more }, by(who));
    const standing = (app: AppId) => findApprovalRecord(domain().deps, northwind, app);
    const types = async () =>
      (await eventsOf(domain().deps.store, shardOf(northwind))).map(({ type }) => type).filter((type) => /^(app|approval)\./.test(type));

    it('name what an app may hold, by identity, and for whom; the next one replaces it', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const { id: sales } = await createGroup(deps, { tenant: northwind, name: 'Sales' }, system);
      const availability: Availability = { kind: 'some', groups: [sales, sales], members: [dan] };
      expect(await approve(app, { permissions: { user: ['calendar:read'], tenant: ['meetings:write', 'meetings:write'] }, availability })).toMatchObject({
        status: 'approved', permissions: { user: ['calendar:read'], tenant: ['meetings:write'] }, availability: { kind: 'some', groups: [sales], members: [dan] },
        generation: 0, shuts: 0, decidedBy: by(chloe), decidedAt: '2026-11-21T20:00:00.000Z',
      });
      expect(await approve(app)).toMatchObject({ permissions: ADVANCED, availability: EVERYONE });
      expect((await approvalsOf(deps, northwind, { limit: 10 })).records.map(({ value }) => value)).toEqual([await standing(app)]);
      expect((await tenantApps(deps, northwind, { limit: 10 })).records.map(({ value }) => value.app)).toEqual([app]);
      expect(await types()).toEqual(['approval.given', 'approval.given']);
    });

    it('are refused for what is not declared, not in the catalogue, blocked by the rules, or for nobody', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      await changeRules(deps, { tenant: northwind, changes: { exceptions: [{ permission: 'meetings:write', identity: 'user', treatment: 'block' }] } }, by(ada));
      for (const user of ['everything:control', 'nothing:at_all', 'directory:read', 'meetings:write', '__proto__', 'shared_access']) {
        expect(await refusal(approve(app, { permissions: { user: [user], tenant: [] } }, ada))).toBe('invalid_request');
      }
      for (const availability of [{ groups: [], members: [] }, { groups: ['grp_x' as GroupId], members: [] }, { groups: [], members: ['usr_x' as UserId] }]) {
        expect(await refusal(approve(app, { availability: { kind: 'some', ...availability } }))).toBe('invalid_request');
      }
      expect(await refusal(approve('app_unknown' as AppId))).toBe('not_found');
      await setAppStatus(deps, { id: app, status: 'disabled' }, system);
      expect(await refusal(approve(app))).toBe('app_disabled');
      expect(await standing(app)).toBeUndefined();
    });

    it('xA4 are given by who manages apps here, and what is restricted by an owner', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      for (const who of [ben, 'usr_stranger' as UserId]) {
        expect(await refusal(approve(app, {}, who))).toBe('forbidden');
        for (const change of [withdrawApproval, blockApp, unblockApp, removeAppFromTenant]) {
          expect(await refusal(change(deps, { tenant: northwind, app }, by(who)))).toBe('forbidden');
        }
      }
      expect(await refusal(approve(app, { permissions: RESTRICTED }))).toBe('forbidden');
      await approve(app, { permissions: RESTRICTED }, ada);
      expect(await approve(app, { permissions: { user: ['meetings:read'], tenant: ['directory:read'] } })).toMatchObject({ status: 'approved' });
      await blockApp(deps, { tenant: northwind, app }, by(chloe));
      expect(await refusal(approve(app, { permissions: RESTRICTED }))).toBe('forbidden');
      await createTenant(deps, { id: 'ten_contoso' as TenantId, name: 'Contoso' }, system);
      expect(await refusal(withdrawApproval(deps, { tenant: 'ten_contoso' as TenantId, app }, by(ada)))).toBe('forbidden');
    });

    it('xA5 are not given by somebody who is demoted at the same moment', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      for (let round = 0; round < 5; round += 1) {
        await changeMember(deps, { tenant: northwind, user: dan, role: 'admin' }, system);
        await atOnce<unknown>([changeMember(deps, { tenant: northwind, user: dan, role: 'member' }, system), approve(app, {}, dan)]);
        const log = await eventsOf(deps.store, shardOf(northwind));
        const demoted = log.findLastIndex(({ type }) => type === 'member.updated');
        expect(log.slice(demoted).map(({ type }) => type)).not.toContain('approval.given');
      }
    });

    it('Z10 are withdrawn, blocked and unblocked: nothing works before the next yes', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const which = { tenant: northwind, app };
      await approve(app);
      expect(await withdrawApproval(deps, which, by(chloe))).toMatchObject({ status: 'withdrawn', generation: 0, shuts: 1 });
      expect(await withdrawApproval(deps, which, by(chloe))).toMatchObject({ status: 'withdrawn' });
      expect(await blockApp(deps, which, by(chloe))).toMatchObject({ status: 'blocked' });
      expect(await withdrawApproval(deps, which, by(chloe))).toMatchObject({ status: 'blocked' });
      expect(await unblockApp(deps, which, by(chloe))).toMatchObject({ status: 'withdrawn' });
      expect(await unblockApp(deps, which, by(chloe))).toMatchObject({ status: 'withdrawn' });
      // I2: what was given before it was shut is not given by this.
      expect(await approve(app)).toMatchObject({ status: 'approved', shuts: 1 });
      expect(await types()).toEqual(['approval.given', 'approval.withdrawn', 'approval.blocked', 'approval.unblocked', 'approval.given']);
    });

    it('Z10 can be withdrawn from an app that nobody had to approve', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      expect(await refusal(unblockApp(deps, { tenant: northwind, app }, by(chloe)))).toBe('not_found');
      expect(await refusal(withdrawApproval(deps, { tenant: northwind, app: 'app_unknown' as AppId }, by(chloe)))).toBe('not_found');
      expect(await withdrawApproval(deps, { tenant: northwind, app }, by(chloe))).toMatchObject({ status: 'withdrawn', permissions: { user: [], tenant: [] }, shuts: 1 });
    });

    it('xA7 end with the removal of the app: one commit, a new generation, and what goes along with it', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const which = { tenant: northwind, app };
      const key = { shard: shardOf(northwind), kind: defineKind<object>('test-installation', { schema: 1 }), id: app };
      await deps.store.commit({ shard: key.shard, write: [put(key, {}, { tenant: northwind })] });
      await approve(app);
      expect(await removeAppFromTenant(deps, which, by(chloe), async () => ({ write: [remove(key)] }))).toMatchObject({
        status: 'withdrawn', generation: 1, permissions: { user: [], tenant: [] },
      });
      expect((await deps.store.read(key))[0]).toBeUndefined();
      expect(await approve(app)).toMatchObject({ status: 'approved', generation: 1, shuts: 1 });
      await blockApp(deps, which, by(chloe));
      expect(await removeAppFromTenant(deps, which, by(chloe))).toMatchObject({ status: 'blocked', generation: 2, shuts: 2 });
      expect(await types()).toEqual(['approval.given', 'app.uninstalled', 'approval.given', 'approval.blocked', 'app.uninstalled']);
    });

    it('are changed only at the version that was read, if one is named', async () => {
      const app = await makeWorld(domain());
      expect(await refusal(approve(app, { ifVersion: 1 }))).toBe('precondition_failed');
      await approve(app);
      expect(await refusal(withdrawApproval(domain().deps, { tenant: northwind, app, ifVersion: 1 }, by(chloe)))).toBe('precondition_failed');
    });

    it('are one legal history when many decide at once', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const which = { tenant: northwind, app };
      await approve(app);
      const { refused } = await atOnce<unknown>([approve(app), blockApp(deps, which, by(ada)), withdrawApproval(deps, which, by(chloe)), approve(app, { permissions: RESTRICTED }, ada), removeAppFromTenant(deps, which, by(ada))]);
      expect(refused).toEqual([]);
      const last = (await types()).findLast((type) => type !== 'app.uninstalled');
      const { status, generation } = (await standing(app))!;
      expect(generation).toBe(1);
      const after: Record<string, string[]> = { 'approval.given': ['approved', 'withdrawn'], 'approval.blocked': ['blocked'], 'approval.withdrawn': ['withdrawn'] };
      expect(after[last ?? '']).toContain(status);
    });
  });
});
