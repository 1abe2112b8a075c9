import { describe, expect, it } from '@jest/globals';

import type { AppId, GroupId, UserId } from '#src/ids.ts';
import { approveApp, removeAppFromTenant } from '#src/approvals/change-approval.ts';
import { changeRules, readRules, type RulesChanges } from '#src/approvals/change-rules.ts';
import { previewRulesChange, type AppUsage } from '#src/approvals/preview-rules.ts';
import { defaultRules, type Rules } from '#src/approvals/rules.ts';
import { noteTenantApp } from '#src/approvals/tenant-apps.ts';
import { shardOf } from '#src/storage/shards.ts';
import { changeMember } from '#src/tenants/member-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';

import { makeApp, makeWorld } from './world.ts';

const LEVELS = defaultRules(northwind).levels;
const blockAdvanced: RulesChanges = { levels: { ...LEVELS, user: { ...LEVELS.user, advanced: 'block' } } };

describe('rules', () => {
  onEachEngine((domain) => {
    const change = (changes: RulesChanges, who: UserId = ada, ifVersion?: number) =>
      changeRules(domain().deps, { tenant: northwind, changes, ifVersion }, by(who));

    it('L9 are the defaults until a tenant changes them, each by itself', async () => {
      await makeWorld(domain());
      const { deps } = domain();
      expect(await readRules(deps, northwind)).toEqual({ rules: defaultRules(northwind), version: 0 });
      await change({ sensitive: 'block' }, chloe);
      await change({ reviewers: { kind: 'people', people: [dan, dan] } });
      const { rules, version } = await readRules(deps, northwind);
      expect(rules).toEqual({ ...defaultRules(northwind), sensitive: 'block', reviewers: { kind: 'people', people: [dan] } });
      expect(version).toBeGreaterThan(0);
      expect((await eventsOf(deps.store, shardOf(northwind))).filter(({ type }) => type === 'rules.changed')).toMatchObject([{ actor: by(chloe) }, { actor: by(ada) }]);
    });

    it('are changed only as they were read, so that nobody undoes another\'s change unseen', async () => {
      await makeWorld(domain());
      const { done, refused } = await atOnce([change({ sensitive: 'block' }, ada, 0), change({ sensitive: 'auto' }, chloe, 0)]);
      expect([done.length, refused]).toEqual([1, ['precondition_failed']]);
    });

    it('xA4 are changed by who manages apps, and by an owner where something restricted would come in unasked', async () => {
      const app = await makeWorld(domain());
      for (const who of [ben, 'usr_stranger' as UserId]) expect(await refusal(change(blockAdvanced, who))).toBe('forbidden');
      const loose: RulesChanges[] = [
        { levels: { ...LEVELS, tenant: { ...LEVELS.tenant, restricted: 'auto' } } },
        { exceptions: [{ permission: 'directory:read', identity: 'tenant', treatment: 'auto' }] },
        { trust: { apps: [app], developers: [], availability: { kind: 'everyone' } } },
        { trust: { apps: [], developers: ['Example Software'], availability: { kind: 'everyone' } } },
      ];
      for (const changes of loose) {
        expect(await refusal(change(changes, chloe))).toBe('forbidden');
        await change(changes);
        await change({ ...changes, sensitive: 'block' }, chloe);
        await change(defaultRules(northwind), ada);
      }
      await change({ exceptions: [{ permission: 'meetings:write', identity: 'tenant', treatment: 'auto' }] }, chloe);
    });

    it('xA5 are not changed by somebody who is demoted at the same moment', async () => {
      await makeWorld(domain());
      const { deps } = domain();
      for (let round = 0; round < 5; round += 1) {
        await changeMember(deps, { tenant: northwind, user: dan, role: 'admin' }, system);
        await atOnce<unknown>([changeMember(deps, { tenant: northwind, user: dan, role: 'member' }, system), change(blockAdvanced, dan)]);
        const log = await eventsOf(deps.store, shardOf(northwind));
        expect(log.slice(log.findLastIndex(({ type }) => type === 'member.updated')).map(({ type }) => type)).not.toContain('rules.changed');
      }
    });

    it('name permissions, people and groups that there are', async () => {
      await makeWorld(domain());
      const trust = (more: Partial<Rules['trust']>): RulesChanges => ({ trust: { apps: [], developers: [], availability: { kind: 'everyone' }, ...more } });
      const except = (...names: string[]): RulesChanges => ({ exceptions: names.map((permission) => ({ permission, identity: 'user', treatment: 'block' })) });
      const wrong: RulesChanges[] = [
        except('nothing:at_all'), except('directory:read'), except('meetings:read', 'meetings:read'), except('__proto__'),
        { reviewers: { kind: 'people', people: [] } }, { reviewers: { kind: 'people', people: ['usr_stranger' as UserId] } },
        trust({ developers: [''] }), trust({ developers: ['Evil\u202eCorp'] }),
        trust({ availability: { kind: 'some', groups: ['grp_x' as GroupId], members: [] } }),
      ];
      for (const changes of wrong) expect(await refusal(change(changes))).toBe('invalid_request');
      expect((await readRules(domain().deps, northwind)).version).toBe(0);
    });

    it('show before they are saved what they would do to the apps in use', async () => {
      const used = await makeWorld(domain());
      const { deps } = domain();
      const [trusted, gone, unused] = [await makeApp(domain(), undefined, 'Trusted'), await makeApp(domain(), undefined, 'Gone'), await makeApp(domain(), undefined, 'Unused')];
      await approveApp(deps, { tenant: northwind, app: used, permissions: { user: [], tenant: ['meetings:write'] }, availability: { kind: 'everyone' } }, by(ada));
      await removeAppFromTenant(deps, { tenant: northwind, app: gone }, by(ada));
      await deps.store.commit({ shard: shardOf(northwind), write: [noteTenantApp(northwind, trusted)] });
      const usage = new Map<AppId, AppUsage>([[used, { members: 2, more: false, installed: true }], [trusted, { members: 7, more: false, installed: false }]]);
      const usageOf = async (_: string, app: AppId) => usage.get(app) ?? { members: 0, more: false, installed: false };
      const preview = (changes: RulesChanges) => previewRulesChange({ ...deps, usageOf }, northwind, changes);
      const told = async (changes: RulesChanges) =>
        (await preview(changes)).changes.map(({ app, permissions, availability, usage: { members, installed } }) => [
          app.id, permissions.map(({ permission, identity, from, to }) => `${permission} ${identity} ${from}→${to}`), availability, members, installed,
        ]).toSorted();

      expect(await preview({})).toMatchObject({ changes: [], apps: 3, more: false });
      expect(await told(blockAdvanced)).toEqual([[used, ['meetings:write user auto→block'], false, 2, true], [trusted, ['meetings:write user auto→block'], false, 7, false]].toSorted());
      expect(await told({ levels: { ...LEVELS, tenant: { ...LEVELS.tenant, advanced: 'block' } } })).toEqual([[trusted, ['meetings:write tenant review→block'], false, 7, false]]);
      expect(await told({ trust: { apps: [trusted, unused], developers: [], availability: { kind: 'some', groups: [], members: [dan] } } })).toEqual([
        [trusted, ['meetings:write tenant review→auto', 'directory:read tenant review→auto'], true, 7, false],
      ]);
      expect(await readRules(deps, northwind)).toMatchObject({ version: 0 });
      expect(await refusal(preview({ reviewers: { kind: 'people', people: [] } }))).toBe('invalid_request');
    });
  });
});
