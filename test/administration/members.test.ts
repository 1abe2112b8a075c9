import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { readGrant } from '#src/consent/grant-store.ts';
import { putInGroup } from '#src/tenants/group-members.ts';
import { addMember, changeMember, findMember } from '#src/tenants/member-store.ts';
import { createRole } from '#src/tenants/role-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import type { User } from '#src/tenants/user.ts';
import { startMarketSite, type MarketSite } from '#test/marketplace/site.ts';
import { system } from '#test/support/domain.ts';
import type { HttpBrowser } from '#test/support/http-browser.ts';

let site: MarketSite;
const browsers = {} as Record<'ada' | 'chloe', HttpBrowser>;
beforeAll(async () => {
  site = await startMarketSite();
  for (const who of ['ada', 'chloe'] as const) browsers[who] = await site.signIn(site.people[who]);
});
afterAll(() => site.close());

const pathOf = ({ id }: Pick<User, 'id'>, rest = '') => site.at(`/admin/${site.northwind}/members/${id}${rest}`);
const open = (person: Pick<User, 'id'>, rest = '', who: keyof typeof browsers = 'chloe') => browsers[who].open(pathOf(person, rest));
const member = ({ id }: Pick<User, 'id'>) => findMember(site.deps, site.northwind, id);

let count = 0;
let mia: User;
/** A member of their own for each test. */
beforeEach(async () => {
  count += 1;
  mia = await createUser(site.deps, { name: `Mia Number${count}`, email: `mia${count}@northwind.example` }, system);
  await addMember(site.deps, { tenant: site.northwind, user: mia.id, role: 'member' }, system);
});

describe('the members of a tenant', () => {
  it('are listed with role, groups and status, and found by name or address', async () => {
    await putInGroup(site.deps, { tenant: site.northwind, group: site.sales.id, user: mia.id }, system);
    const list = async (query: string) => (await browsers.chloe.open(site.at(`/admin/${site.northwind}/members${query}`))).html;
    const all = await list('');
    const names = [...all.matchAll(/<th scope="row"><bdi>([^<]+)/g)].map(([, name]) => name ?? '');
    expect(names).toEqual(names.toSorted());
    for (const line of [/Ada Lovelace<(?:(?!<tr>)[\s\S])*>Owner</, /Chloe Martin<(?:(?!<tr>)[\s\S])*>Admin</]) expect(all).toMatch(line);
    for (const query of ['?q=mia+number1', '?q=number1', '?q=mia1%40northwind.example']) {
      const html = await list(query);
      expect(html).toMatch(/Mia Number1<[\s\S]*Member[\s\S]*Sales[\s\S]*Active/);
      expect(html).not.toContain('Ada Lovelace');
    }
    expect(await list('?q=erin%40contoso.example')).toContain('No member fits this.');
  });

  it('go page by page', async () => {
    for (let each = 0; each < 30; each += 1) {
      const { id: user } = await createUser(site.deps, { name: `Crowd Face ${each}`, email: `crowd${each}@northwind.example` }, system);
      await addMember(site.deps, { tenant: site.northwind, user, role: 'member' }, system);
    }
    const names = (html: string) => [...html.matchAll(/<th scope="row"><bdi>(Crowd Face \d+)/g)].map(([, name]) => name);
    const first = (await browsers.chloe.open(site.at(`/admin/${site.northwind}/members?q=crowd`))).html;
    const next = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = (await browsers.chloe.open(site.at(next))).html;
    expect([names(first).length, new Set([...names(first), ...names(second)]).size]).toEqual([25, 30]);
  });

  it('show the apps that act for each; one is removed, and nothing else', async () => {
    const [kept, taken] = [await site.makeApp('Kept app'), await site.makeApp('Taken app')];
    await site.connect(mia, kept);
    await site.connect(mia, taken, ['openid', 'meetings:read'], site.northwind, true);
    const page = await open(mia);
    expect(page.html).toMatch(/Kept app<(?:(?!<tr>)[\s\S])*>User</);
    expect(page.html).toMatch(/Taken app<(?:(?!<tr>)[\s\S])*>User with Shared Access</);
    const remove = new RegExp(`href="(/admin/[^"]+/${taken}/subscribers/[^"]+)"`).exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const after = await browsers.chloe.submit(await browsers.chloe.open(site.at(remove)), { button: 'Remove' });
    expect(after.url.pathname).toBe(new URL(pathOf(mia)).pathname);
    expect(after.html).toMatch(/The app was removed for them[\s\S]*Kept app/);
    expect(after.html).not.toContain('Taken app');
    expect(await readGrant(site.deps, site.northwind, mia.id, taken)).toBeUndefined();
  });
});

describe('changing a member', () => {
  const chooseRole = async (role: string, who: keyof typeof browsers, person: User = mia) => browsers[who].open(pathOf(person, `/role?role=${role}`));

  it('says what the new role may and may not do before it is given', async () => {
    const page = await browsers.chloe.submit(await open(mia), { button: 'Change role', fill: { role: 'admin' } });
    expect(page.html).toMatch(new RegExp(`Make Mia Number${count} Admin of Northwind\\?[\\s\\S]*From now on they may decide on apps`));
    expect((await member(mia))?.role).toBe('member');
    expect((await browsers.chloe.submit(page, { button: 'Change the role' })).html).toContain('The role was changed.');
    expect((await member(mia))?.role).toBe('admin');
    const back = await chooseRole('member', 'chloe');
    expect(back.html).toMatch(/At once they may no longer decide on apps[^<]*; or read the audit trail/);
    await browsers.chloe.submit(back, { button: 'Change the role' });
    expect((await member(mia))?.role).toBe('member');
  });

  it('xM2 only an owner makes or unmakes an owner', async () => {
    expect((await open(mia)).html).not.toContain('<option value="owner"');
    const forged = await browsers.chloe.submit(await chooseRole('owner', 'chloe'), { button: 'Change the role' });
    expect([forged.status, forged.html.includes('Only an owner can change an owner')]).toEqual([403, true]);
    expect((await member(mia))?.role).toBe('member');
    for (const step of ['role?role=member', 'deactivate', 'remove']) expect((await open(site.people.ada, `/${step}`)).status).toBe(403);

    await browsers.ada.submit(await chooseRole('owner', 'ada'), { button: 'Change the role' });
    expect((await member(mia))?.role).toBe('owner');
    await browsers.ada.submit(await chooseRole('member', 'ada'), { button: 'Change the role' });
    expect((await member(mia))?.role).toBe('member');
  });

  it('xM2 nobody gives a role that may do more than they may', async () => {
    const keeper = await createRole(site.deps, { tenant: site.northwind, name: 'Keeps members', capabilities: ['members.manage', 'apps.view'] }, system);
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.dan.id, role: keeper.id }, system);
    const dan = await site.signIn(site.people.dan);
    const page = await dan.open(pathOf(mia));
    expect(page.html).toContain(`<option value="${keeper.id}"`);
    expect(page.html).not.toContain('<option value="admin"');
    const forged = await dan.submit(await dan.open(pathOf(mia, '/role?role=admin')), { button: 'Change the role' });
    expect([forged.status, (await member(mia))?.role]).toEqual([403, 'member']);
    expect((await dan.open(pathOf(site.people.chloe, '/deactivate'))).status).toBe(403);
    expect((await dan.open(pathOf(site.people.chloe))).html).toContain('This member may do more than you may here.');
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.dan.id, role: 'member' }, system);
  });

  it('keeps the last owner: not demoted, deactivated or removed, with the reason said', async () => {
    for (const [step, button] of [['role?role=admin', 'Change the role'], ['deactivate', 'Deactivate'], ['remove', 'Remove']] as const) {
      const page = await open(site.people.ada, `/${step}`, 'ada');
      expect(page.html).toContain('This is you');
      const refused = await browsers.ada.submit(page, { button });
      expect([refused.status, refused.html.includes('This is the last active owner.')]).toEqual([409, true]);
    }
    expect(await member(site.people.ada)).toMatchObject({ role: 'owner', status: 'active' });
  });

  it('deactivates and reactivates, and says how many apps that touches', async () => {
    for (const name of ['One of two', 'Two of two']) await site.connect(mia, await site.makeApp(name));
    const page = await open(mia, '/deactivate');
    expect(page.html).toMatch(/What they allowed 2 apps in Northwind stops at once: no token of theirs works\.[\s\S]*Nothing is forgotten/);
    const after = await browsers.chloe.submit(page, { button: 'Deactivate' });
    expect(after.html).toMatch(/Inactive<\/span>[\s\S]*nothing works for them here/);
    expect((await member(mia))?.status).toBe('inactive');
    const again = await open(mia, '/reactivate');
    expect(again.html).toContain('What they had allowed 2 apps holds again.');
    await browsers.chloe.submit(again, { button: 'Reactivate' });
    expect((await member(mia))?.status).toBe('active');
  });

  it('removes, for good', async () => {
    await site.connect(mia, await site.makeApp('Once'));
    const page = await open(mia, '/remove');
    expect(page.html).toMatch(/What they allowed 1 app in Northwind stops at once, for good\.[\s\S]*they begin anew/);
    const after = await browsers.chloe.submit(page, { button: 'Remove' });
    expect([after.url.pathname, after.html.includes('The member was removed.')]).toEqual([`/admin/${site.northwind}/members`, true]);
    expect(await member(mia)).toBeUndefined();
    expect((await open(mia)).status).toBe(404);
    // I2: sent once more, because the answer was lost say, it makes sure that this is on disk.
    const commits = jest.spyOn(site.deps.store, 'commit');
    const again = await browsers.chloe.submit(page, { button: 'Remove' });
    expect([again.status, commits.mock.calls.filter(([change]) => change.durable).length]).toEqual([404, 1]);
    commits.mockRestore();
  });

  it('xA5 does nothing for somebody who was demoted between the page and the answer', async () => {
    const pages = [[await open(mia, '/deactivate'), 'Deactivate'], [await open(mia, '/remove'), 'Remove'], [await chooseRole('admin', 'chloe'), 'Change the role']] as const;
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.chloe.id, role: 'member' }, system);
    try {
      for (const [page, button] of pages) expect((await browsers.chloe.submit(page, { button })).status).toBe(404);
    } finally {
      await changeMember(site.deps, { tenant: site.northwind, user: site.people.chloe.id, role: 'admin' }, system);
    }
    expect(await member(mia)).toMatchObject({ role: 'member', status: 'active' });
  });

  it('leads somebody who took these pages from themselves to their account', async () => {
    const self = await site.signIn(site.people.chloe);
    const after = await self.submit(await self.open(pathOf(site.people.chloe, '/role?role=member')), { button: 'Change the role' });
    expect(after.url.pathname).toBe('/account');
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.chloe.id, role: 'admin' }, system);
  });

  it('xT1 is no page for somebody of another tenant, nor for nobody', async () => {
    for (const rest of ['', '/deactivate', '/remove', '/role?role=admin']) {
      expect([(await open(site.people.erin, rest)).status, (await open({ id: 'usr_nobody' as User['id'] }, rest)).status]).toEqual([404, 404]);
    }
  });

  it('xM1 xC6 shows what people and roles are called as text', async () => {
    for (const name of ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', '{{7*7}}<%= 7*7 %>']) {
      const { id } = await createUser(site.deps, { name, email: `odd${count}${name.length}@northwind.example` }, system);
      const role = await createRole(site.deps, { tenant: site.northwind, name, capabilities: ['apps.view'] }, system);
      await addMember(site.deps, { tenant: site.northwind, user: id, role: role.id }, system);
      const pages = [await open({ id }), await open({ id }, '/deactivate'), await open({ id }, '/role?role=member'), await browsers.chloe.open(site.at(`/admin/${site.northwind}/members?q=odd${count}${name.length}`))];
      for (const { html, status } of pages) expect([status, /<script>alert|<img src=x|>49</.test(html)]).toEqual([200, false]);
    }
  });
});
