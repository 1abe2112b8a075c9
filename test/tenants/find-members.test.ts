import { describe, expect, it } from '@jest/globals';

import { listMembers } from '#src/administration/find-members.ts';
import { membersToChoose } from '#src/tenants/find-members.ts';
import { addMember, changeMember } from '#src/tenants/member-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import { ada, ben, chloe, makeNorthwind, northwind, onEachEngine, system } from '#test/support/domain.ts';

describe('members to choose', () => {
  onEachEngine((domain) => {
    it('are the first ones, or those whom the words find, behind the ones that are ticked', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const ofNobody = await membersToChoose(deps, northwind, { query: '', chosen: [] });
      expect(ofNobody.members.map(({ user }) => user)).toEqual(expect.arrayContaining([ada, ben]));
      const found = await membersToChoose(deps, northwind, { query: 'ada', chosen: [ben] });
      expect(found.members.map(({ user, ticked }) => [user, ticked])).toEqual([[ben, true], [ada, false]]);
      expect(await membersToChoose(deps, northwind, { query: 'xyz', chosen: [] })).toEqual({ members: [], query: 'xyz', nobody: true });
    });

    it('keep somebody who is ticked and inactive now, and offer nobody who is', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await changeMember(deps, { tenant: northwind, user: chloe, status: 'inactive' }, system);
      const offered = async (chosen: (typeof chloe)[]) => (await membersToChoose(deps, northwind, { query: '', chosen })).members.map(({ user }) => user);
      expect([(await offered([chloe])).includes(chloe), (await offered([])).includes(chloe)]).toEqual([true, false]);
    });

    it('xT1 never name somebody who is no member, whatever the form sent', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const stranger = await createUser(deps, { name: 'Erin Walsh', email: 'erin@contoso.example' }, system);
      const { members } = await membersToChoose(deps, northwind, { query: '', chosen: [stranger.id] });
      expect(JSON.stringify(members)).not.toMatch(/erin/i);
      const found = await membersToChoose(deps, northwind, { query: stranger.email, chosen: [stranger.id] });
      expect(found).toMatchObject({ members: [], nobody: true });
    });

    it('I5 does not tell whether an address is of somebody elsewhere: who calls themselves by it is found either way', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const stranger = await createUser(deps, { name: 'Erin Walsh', email: 'erin@contoso.example' }, system);
      for (const email of [stranger.email, 'nobody@contoso.example']) {
        const member = await createUser(deps, { name: `I am ${email}`, email: `like-${email}` }, system);
        await addMember(deps, { tenant: northwind, user: member.id, role: 'member' }, system);
        const choices = await membersToChoose(deps, northwind, { query: email, chosen: [] });
        const listed = await listMembers(deps, northwind, { text: email, limit: 10 });
        expect([email, choices.members.map(({ user }) => user), listed.members.map((each) => each.member.user)]).toEqual([email, [member.id], [member.id]]);
      }
    });
  });
});
