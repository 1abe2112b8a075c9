import { describe, expect, it } from '@jest/globals';

import type { GroupId, TenantId, UserId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { groupMembers, liveGroupsOf, putInGroup, takeOutOfGroup } from '#src/tenants/group-members.ts';
import { createGroup, groupsOf, readGroup, removeGroup, renameGroup } from '#src/tenants/group-store.ts';
import { addMember, findMember, removeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ada, atOnce, ben, chloe, dan, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';

const contoso = 'ten_contoso' as TenantId;

describe('groups', () => {
  onEachEngine((domain) => {
    const make = (name: string, tenant = northwind) => createGroup(domain().deps, { tenant, name }, system);
    const put = (group: GroupId, user: UserId) => putInGroup(domain().deps, { tenant: northwind, group, user }, system);
    const membersIn = async (group: GroupId) => (await groupMembers(domain().deps, northwind, group, { limit: 10 })).records.map(({ value }) => value.user);
    const liveOf = async (user: UserId) => liveGroupsOf(domain().deps, (await findMember(domain().deps, northwind, user))!);

    it('are made, renamed and listed by name', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const sales = await make('  Sales ');
      const [board, zoo] = [await make('board'), await make('Zoo')];
      expect(sales).toMatchObject({ tenant: northwind, name: 'Sales' });
      await renameGroup(deps, { tenant: northwind, id: zoo.id, name: 'Animals' }, system);
      expect((await groupsOf(deps, northwind, { limit: 10 })).records.map(({ value }) => value.name)).toEqual(['Animals', 'board', 'Sales']);
      expect((await readGroup(deps, northwind, board.id))?.value).toEqual(board);
      for (const name of ['', ' ', 'x'.repeat(101), 'a\u202eb']) expect(await refusal(make(name))).toBe('invalid_request');
      expect(await refusal(make('Nowhere', contoso))).toBe('not_found');
    });

    it('hold members, who are put in and taken out one by one', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const [sales, board] = [(await make('Sales')).id, (await make('Board')).id];
      for (const user of [ben, dan]) await put(sales, user);
      await put(board, ben);
      expect(await put(sales, ben)).toMatchObject({ groups: [sales, board] });
      expect(await membersIn(sales)).toEqual([ben, dan]);
      expect(await takeOutOfGroup(deps, { tenant: northwind, group: sales, user: ben }, system)).toBe(true);
      expect(await takeOutOfGroup(deps, { tenant: northwind, group: sales, user: ben }, system)).toBe(false);
      expect([await membersIn(sales), await membersIn(board)]).toEqual([[dan], [ben]]);
      expect(await refusal(put(sales, 'usr_stranger' as UserId))).toBe('not_found');
      expect(await refusal(put('grp_none' as GroupId, ben))).toBe('not_found');
      const types = (await eventsOf(deps.store, shardOf(northwind))).map(({ type }) => type).filter((type) => type.startsWith('group.'));
      expect(types).toEqual(['group.created', 'group.created', 'group.member_added', 'group.member_added', 'group.member_added', 'group.member_removed']);
    });

    it('lose nobody when many are put in and taken out at once', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const groups = (await Promise.all(Array.from({ length: 6 }, (_, n) => make(`Group ${n}`)))).map(({ id }) => id);
      await put(groups[0]!, ben);
      await Promise.all([...groups.slice(1).map((group) => put(group, ben)), takeOutOfGroup(deps, { tenant: northwind, group: groups[0]!, user: ben }, system)]);
      expect((await liveOf(ben)).toSorted()).toEqual(groups.slice(1).toSorted());
    });

    it('are removed in one write and count for nothing from then on, also for those who were in them', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const [sales, board] = [(await make('Sales')).id, (await make('Board')).id];
      for (const user of [ada, ben, chloe]) await put(sales, user);
      expect(await removeGroup(deps, { tenant: northwind, id: sales }, system)).toBe(true);
      expect(await removeGroup(deps, { tenant: northwind, id: sales }, system)).toBe(false);
      expect(await liveOf(ben)).toEqual([]);
      expect(await put(board, ben)).toMatchObject({ groups: [board] });
      expect(await refusal(put(sales, dan))).toBe('not_found');
    });

    it('are not filled while they are removed', async () => {
      await makeNorthwind(domain());
      for (let round = 0; round < 5; round += 1) {
        const { id } = await make('Sales');
        await atOnce<unknown>([removeGroup(domain().deps, { tenant: northwind, id }, system), put(id, ben), put(id, dan)]);
        expect([await liveOf(ben), await liveOf(dan)]).toEqual([[], []]);
      }
    });

    it('xT1 of one tenant do not exist in another', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      const { id } = await make('Theirs', contoso);
      expect(await readGroup(deps, northwind, id)).toBeUndefined();
      expect(await refusal(put(id, ben))).toBe('not_found');
      expect(await refusal(renameGroup(deps, { tenant: northwind, id, name: 'Mine' }, system))).toBe('not_found');
      expect(await removeGroup(deps, { tenant: northwind, id }, system)).toBe(false);
      expect((await readGroup(deps, contoso, id))?.value.name).toBe('Theirs');
    });

    it('xT6 are left with the tenant: who comes back is in none', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id } = await make('Sales');
      await put(id, ben);
      await removeMember(deps, { tenant: northwind, user: ben }, system);
      expect(await membersIn(id)).toEqual([]);
      expect((await addMember(deps, { tenant: northwind, user: ben, role: 'member' }, system)).groups).toEqual([]);
      expect(await membersIn(id)).toEqual([]);
    });
  });
});
