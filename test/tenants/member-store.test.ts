import { describe, expect, it } from '@jest/globals';

import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { capabilitiesOfMember } from '#src/tenants/capabilities.ts';
import { addMember, changeMember, findMember, memberKey, membersOf, removeMember, tenantsOf } from '#src/tenants/member-store.ts';
import { createRole, findRole, removeRole, updateRole } from '#src/tenants/role-store.ts';
import { createTenant, setTenantStatus } from '#src/tenants/tenant-store.ts';
import { forgetMemberName, membersByName, mendMemberNames, searchMembers } from '#src/tenants/member-names.ts';
import { createUser, updateUser } from '#src/tenants/user-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';
import { failingStore } from '#test/support/failing-store.ts';

const contoso = 'ten_contoso' as TenantId;

describe('members', () => {
  onEachEngine((domain) => {
    it('are people of a tenant, with a role and the place in its list', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      expect(await findMember(deps, northwind, ada)).toMatchObject({ tenant: northwind, user: ada, role: 'owner', status: 'active' });
      const listed: string[] = [];
      let after: string | undefined;
      do {
        const page = await membersOf(deps, northwind, { after, limit: 3 });
        listed.push(...page.records.map(({ value }) => value.user));
        after = page.next;
      } while (after !== undefined);
      expect(listed.toSorted()).toEqual([ada, ben, chloe, dan]);
    });

    it('are refused for people, tenants and roles that do not exist, and for those who are members', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id: user } = await createUser(deps, { email: 'eve@x.example', name: 'Eve' }, system);
      expect(await refusal(addMember(deps, { tenant: northwind, user: 'usr_no' as UserId, role: 'member' }, system))).toBe('not_found');
      expect(await refusal(addMember(deps, { tenant: contoso, user, role: 'member' }, system))).toBe('not_found');
      expect(await refusal(addMember(deps, { tenant: northwind, user, role: 'emperor' }, system))).toBe('invalid_request');
      expect(await refusal(addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system))).toBe('conflict');
      expect(await refusal(changeMember(deps, { tenant: northwind, user: ben, role: 'emperor' }, system))).toBe('invalid_request');
    });

    it('are added once by many servers at the same time', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id: user } = await createUser(deps, { email: 'eve@x.example', name: 'Eve' }, system);
      const { done } = await atOnce(Array.from({ length: 8 }, () => addMember(deps, { tenant: northwind, user, role: 'member' }, system)));
      expect(done).toHaveLength(1);
      const added = (await eventsOf(deps.store, shardOf(northwind))).filter((event) => event.type === 'member.added' && event.user === user);
      expect(added).toHaveLength(1);
    });

    it('xT5 are never taken for another, whatever characters the ids have', async () => {
      const { deps } = domain();
      const odd = ['a', 'a/b', 'b', '{a}', 'a:b', '*', '["a","b"]', 'a","b'];
      for (const id of odd) {
        await createTenant(deps, { id, name: 'Tenant' }, system);
        await createUser(deps, { id, email: `${odd.indexOf(id)}@x.example`, name: 'User' }, system);
      }
      const keys = odd.flatMap((tenant) => odd.map((user) => memberKey(tenant as TenantId, user as UserId).id));
      expect(new Set(keys).size).toBe(odd.length ** 2);
      await addMember(deps, { tenant: 'a' as TenantId, user: 'a/b' as UserId, role: 'owner' }, system);
      for (const tenant of odd) {
        for (const user of odd) {
          const member = await findMember(deps, tenant as TenantId, user as UserId);
          expect(member !== undefined).toBe(tenant === 'a' && user === 'a/b');
        }
      }
    });

    it('keep the last active owner: nobody removes, demotes or deactivates them', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const last = { tenant: northwind, user: ada };
      for (const attempt of [
        () => removeMember(deps, last, system),
        () => changeMember(deps, { ...last, role: 'admin' }, system),
        () => changeMember(deps, { ...last, status: 'inactive' as const }, system),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'conflict', detail: 'This is the last active owner. Make somebody else an owner first.' });
      }
      await changeMember(deps, { tenant: northwind, user: ben, role: 'owner', status: 'inactive' }, system);
      expect(await refusal(removeMember(deps, last, system))).toBe('conflict');
      await changeMember(deps, { tenant: northwind, user: ben, status: 'active' }, system);
      expect(await removeMember(deps, last, system)).toBe(true);
      expect(await removeMember(deps, last, system)).toBe(false);
    });

    it('keep one owner when all owners remove each other at the same time', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const owners = [ada, ben, chloe, dan];
      for (const user of owners.slice(1)) await changeMember(deps, { tenant: northwind, user, role: 'owner' }, system);
      const { done, refused } = await atOnce<unknown>([
        removeMember(deps, { tenant: northwind, user: ada }, system),
        changeMember(deps, { tenant: northwind, user: ben, role: 'member' }, system),
        changeMember(deps, { tenant: northwind, user: chloe, status: 'inactive' }, system),
        removeMember(deps, { tenant: northwind, user: dan }, system),
      ]);
      expect(done).toHaveLength(3);
      expect(refused).toEqual(['conflict']);
      const left = await Promise.all(owners.map((user) => findMember(deps, northwind, user)));
      expect(left.filter((member) => member?.role === 'owner' && member.status === 'active')).toHaveLength(1);
    });

    it('xT6 who leave and come back are in another stay', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const before = (await findMember(deps, northwind, ben))!;
      expect(await removeMember(deps, { tenant: northwind, user: ben }, system)).toBe(true);
      expect(await findMember(deps, northwind, ben)).toBeUndefined();
      const after = await addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system);
      expect(after.membership).not.toBe(before.membership);
      expect(await findMember(deps, northwind, ben)).toEqual(after);
    });

    it('find their tenants, active ones in which they are active, by name', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      await addMember(deps, { tenant: contoso, user: ben, role: 'owner' }, system);
      const names = async () => (await tenantsOf(deps, ben)).map(({ tenant }) => tenant.name);
      expect(await names()).toEqual(['Contoso', 'Northwind']);
      await changeMember(deps, { tenant: northwind, user: ben, status: 'inactive' }, system);
      expect(await names()).toEqual(['Contoso']);
      await changeMember(deps, { tenant: northwind, user: ben, status: 'active' }, system);
      await setTenantStatus(deps, { id: contoso, status: 'suspended' }, system);
      expect(await names()).toEqual(['Northwind']);
      await removeMember(deps, { tenant: northwind, user: ben }, system);
      expect(await names()).toEqual([]);
      await addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system);
      expect(await names()).toEqual(['Northwind']);
    });

    it('find their tenant whenever they are a member, however often they leave and join at the same time', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      for (let round = 0; round < 10; round += 1) {
        await atOnce<unknown>([
          removeMember(deps, { tenant: northwind, user: ben }, system),
          addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system),
          addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system),
        ]);
        const member = await findMember(deps, northwind, ben);
        expect((await tenantsOf(deps, ben)).map((found) => found.member)).toEqual(member ? [member] : []);
      }
    });

    it('xR2 are members wholly or not at all, wherever adding one died', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      for (let at = 1; at <= 4; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const { id: user } = await createUser(deps, { email: `${when}${at}@x.example`, name: 'Eve' }, system);
          const { store } = failingStore(deps.store, { at, when, forGood: true });
          await atOnce([addMember({ ...deps, store }, { tenant: northwind, user, role: 'member' }, system)]);
          const member = await findMember(deps, northwind, user);
          expect(await tenantsOf(deps, user)).toHaveLength(member ? 1 : 0);
          if (!member) await addMember(deps, { tenant: northwind, user, role: 'member' }, system);
          expect(await tenantsOf(deps, user)).toHaveLength(1);
        }
      }
    });
  });
});

describe('who changes members', () => {
  onEachEngine((domain) => {
    const keeper = async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const role = await createRole(deps, { tenant: northwind, name: 'Keeps members', capabilities: ['members.manage'] }, system);
      await changeMember(deps, { tenant: northwind, user: dan, role: role.id }, by(ada));
      return { deps, role, change: (user: UserId, changes: object, who: UserId) => changeMember(deps, { tenant: northwind, user, ...changes }, by(who)) };
    };

    it('xM2 only an owner makes or unmakes an owner', async () => {
      const { deps, change } = await keeper();
      for (const who of [chloe, dan]) {
        expect(await refusal(change(ben, { role: 'owner' }, who))).toBe('forbidden');
        expect(await refusal(change(who, { role: 'owner' }, who))).toBe('forbidden');
        expect(await refusal(change(ada, { role: 'member' }, who))).toBe('forbidden');
        expect(await refusal(change(ada, { status: 'inactive' }, who))).toBe('forbidden');
        expect(await refusal(removeMember(deps, { tenant: northwind, user: ada }, by(who)))).toBe('forbidden');
      }
      expect(await change(ben, { role: 'owner' }, ada)).toMatchObject({ role: 'owner' });
      expect(await change(ada, { role: 'admin' }, ben)).toMatchObject({ role: 'admin' });
    });

    it('xM2 nobody gives more than they have, or changes somebody who may do more', async () => {
      const { change } = await keeper();
      expect(await refusal(change(ben, { role: 'admin' }, dan))).toBe('forbidden');
      expect(await refusal(change(dan, { role: 'admin' }, dan))).toBe('forbidden');
      expect(await refusal(change(chloe, { status: 'inactive' }, dan))).toBe('forbidden');
      expect(await change(ben, { status: 'inactive' }, dan)).toMatchObject({ status: 'inactive' });
      expect(await change(dan, { role: 'member' }, chloe)).toMatchObject({ role: 'member' });
    });

    it('xM2 nobody else may at all: a member, somebody of another tenant, somebody demoted, an app', async () => {
      const { deps, change } = await keeper();
      await change(chloe, { role: 'member' }, ada);
      for (const actor of [by(ben), by(chloe), by('usr_erin' as UserId), { kind: 'app', id: 'app_a' as AppId } as const]) {
        expect(await refusal(changeMember(deps, { tenant: northwind, user: ben, status: 'inactive' }, actor))).toBe('forbidden');
        expect(await refusal(removeMember(deps, { tenant: northwind, user: ben }, actor))).toBe('forbidden');
      }
    });
  });
});

describe('members by name', () => {
  onEachEngine((domain) => {
    const found = async (text: string, tenant = northwind): Promise<UserId[]> => (await searchMembers(domain().deps, tenant, text, { limit: 50 })).users;

    it('are found by beginnings of the words of their name and of their address', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id } = await createUser(deps, { email: 'zoe.quill@x.example', name: 'Zoë Marie Ångström' }, system);
      expect(await found('zoe')).toEqual([]);
      await addMember(deps, { tenant: northwind, user: id, role: 'member' }, system);
      for (const text of ['zoe', 'Zoë', 'angs', 'mar an', 'quill', 'ÅNGSTRÖM zo']) expect(await found(text)).toEqual([id]);
      for (const text of ['oe', 'zoe ben', 'example', '', ' ! ']) expect(await found(text)).toEqual([]);
    });

    it('follow the person’s name, and end with the stay', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await updateUser(deps, { id: ben, name: 'Benedict Renamed' }, system);
      expect([await found('renamed'), await found('benedict')]).toEqual([[ben], [ben]]);
      await removeMember(deps, { tenant: northwind, user: ben }, system);
      expect(await found('renamed')).toEqual([]);
      await updateUser(deps, { id: ben, name: 'Benedict Again' }, system);
      expect(await found('again')).toEqual([]);
    });

    it('are found again after what they are found by was lost', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await deps.store.commit({ shard: shardOf(northwind), write: [forgetMemberName(northwind, ben)] });
      expect(await found('usr_ben')).toEqual([]);
      await mendMemberNames(deps, northwind, [ada, ben, 'usr_nobody' as UserId]);
      expect(await found('ben')).toEqual([ben]);
      expect((await membersByName(deps, northwind, { limit: 10 })).users).toEqual([ada, ben, chloe, dan]);
    });

    it('xT1 are of their tenant only, page by page', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      expect(await found('usr', contoso)).toEqual([]);
      const seen: UserId[] = [];
      let after: string | undefined;
      do {
        const page = await searchMembers(deps, northwind, 'usr', { after, limit: 3 });
        seen.push(...page.users);
        after = page.next;
      } while (after !== undefined);
      expect([...new Set(seen)].toSorted()).toEqual([ada, ben, chloe, dan]);
    });
  });
});

describe('roles', () => {
  onEachEngine((domain) => {
    const made = async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const role = await createRole(deps, { tenant: northwind, name: 'App keeper', capabilities: ['apps.view', 'apps.manage'] }, system);
      return { deps, role };
    };
    const mayDo = async (user: UserId) => capabilitiesOfMember(domain().deps, await findMember(domain().deps, northwind, user));

    it('let owners and admins do everything, members nothing, and custom roles what they say', async () => {
      const { deps, role } = await made();
      expect(await mayDo(ada)).toContain('members.manage');
      expect(await mayDo(chloe)).toContain('members.manage');
      expect(await mayDo(ben)).toEqual([]);
      await changeMember(deps, { tenant: northwind, user: ben, role: role.id }, system);
      expect(await mayDo(ben)).toEqual(['apps.manage', 'apps.view']);
      await updateRole(deps, { tenant: northwind, id: role.id, capabilities: ['apps.view'] }, system);
      expect(await mayDo(ben)).toEqual(['apps.view']);
      await changeMember(deps, { tenant: northwind, user: ben, status: 'inactive' }, system);
      expect(await mayDo(ben)).toEqual([]);
      expect(await mayDo('usr_nobody' as UserId)).toEqual([]);
    });

    it('cannot be removed while somebody has them', async () => {
      const { deps, role } = await made();
      await changeMember(deps, { tenant: northwind, user: ben, role: role.id, status: 'inactive' }, system);
      expect(await refusal(removeRole(deps, { tenant: northwind, id: role.id }, system))).toBe('conflict');
      await changeMember(deps, { tenant: northwind, user: ben, role: 'member' }, system);
      expect(await removeRole(deps, { tenant: northwind, id: role.id }, system)).toBe(true);
      expect(await removeRole(deps, { tenant: northwind, id: role.id }, system)).toBe(false);
    });

    it('xT1 of one tenant do not exist in another', async () => {
      const { deps, role } = await made();
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      expect(await findRole(deps, contoso, role.id)).toBeUndefined();
      expect(await refusal(addMember(deps, { tenant: contoso, user: ben, role: role.id }, system))).toBe('invalid_request');
      expect(await refusal(updateRole(deps, { tenant: contoso, id: role.id, name: 'Mine' }, system))).toBe('not_found');
      expect(await removeRole(deps, { tenant: contoso, id: role.id }, system)).toBe(false);
      expect(await findRole(deps, northwind, role.id)).toEqual(role);
    });
  });
});
