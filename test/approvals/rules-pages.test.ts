import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { approveApp } from '#src/approvals/change-approval.ts';
import { changeRules, readRules } from '#src/approvals/change-rules.ts';
import { defaultRules } from '#src/approvals/rules.ts';
import { changeMember } from '#src/tenants/member-store.ts';
import { createRole } from '#src/tenants/role-store.ts';
import { system } from '#test/support/domain.ts';
import type { HttpPage } from '#test/support/http-browser.ts';

import { startApprovalSite, type ApprovalSite } from './site.ts';

let site: ApprovalSite;
beforeEach(async () => {
  site = await startApprovalSite();
});
afterEach(() => site.close());

const rulesAt = () => site.at(`/admin/${site.northwind}/rules`);
const textOf = ({ html }: HttpPage): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
const rules = async () => (await readRules(site.deps, site.northwind)).rules;
const approve = () =>
  approveApp(site.deps, { tenant: site.northwind, app: site.scheduler, permissions: { user: [], tenant: ['meetings.all:read'] }, availability: { kind: 'everyone' } }, system);

describe('the rules of a tenant', () => {
  it('L9 are shown as they are, and saved after it was shown what they would do', async () => {
    await approve();
    const browser = await site.signIn(site.people.ada);
    const page = await browser.open(rulesAt());
    const values = Object.fromEntries(page.forms.flatMap(({ controls }) => controls).map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({ level_user_basic: 'auto', level_user_advanced: 'auto', level_tenant_advanced: 'review', level_user_restricted: 'review', sensitive: 'review' });
    const preview = await browser.submit(page, { button: 'Show what would change', fill: { level_user_advanced: 'block', sensitive: 'auto', level_tenant_advanced: 'block' } });
    expect(textOf(preview)).toMatch(/Nothing is saved yet.*Scheduler Pro Example Software ?; 0 members use it.*Never See your contacts \(for a member\) stops and cannot be given.*Never See your files \(for a member\) stops and cannot be given/);
    expect(textOf(preview)).not.toContain('See all meetings');
    expect(await rules()).toEqual(defaultRules(site.northwind));
    const back = await browser.submit(preview, { button: 'Go on editing' });
    expect(back.forms.flatMap(({ controls }) => controls)).toContainEqual(expect.objectContaining({ name: 'level_user_advanced', value: 'block' }));
    const saved = await browser.submit(preview, { button: 'Save the rules' });
    expect(textOf(saved)).toContain('The rules were saved.');
    expect(await rules()).toMatchObject({ levels: { user: { advanced: 'block' }, tenant: { advanced: 'block' } }, sensitive: 'auto' });
  });

  it('L9 L10 L11 hold exceptions, trust and reviewers, each put together without JavaScript', async () => {
    await approve();
    const { ben, dan } = site.people;
    const browser = await site.signIn(site.people.ada);
    const added = await browser.submit(await browser.open(rulesAt()), { button: 'Add this exception', fill: { exception_permission: 'user files:read' } });
    expect(textOf(added)).toContain('See your files (for a member)');
    const withPeople = await browser.submit(added, { button: 'Show what would change', fill: { reviewer_query: 'dan' }, tick: ['reviewers=people'], untick: ['reviewers=app_admins'] });
    expect(textOf(withPeople)).toContain('dan@northwind.example');
    const withTrust = await browser.submit(withPeople, { button: 'Show what would change', tick: [`reviewer_member=${dan.id}`, `trusted_app=${site.scheduler}`], fill: { developers: 'Example Software\r\n Other Ltd \r\n', trust_query: 'ben@northwind.example' } });
    const preview = await browser.submit(withTrust, { button: 'Show what would change', tick: [`trust_member=${ben.id}`] });
    expect(textOf(preview)).toMatch(/Never See your files \(for a member\).*Allow at once Change all files/);
    await browser.submit(preview, { button: 'Save the rules' });
    expect(await rules()).toEqual({
      ...defaultRules(site.northwind),
      exceptions: [{ permission: 'files:read', identity: 'user', treatment: 'block' }],
      trust: { apps: [site.scheduler], developers: ['Example Software', 'Other Ltd'], availability: { kind: 'some', groups: [], members: [ben.id] } },
      reviewers: { kind: 'people', people: [dan.id] },
    });
    const removed = await browser.submit(await browser.submit(await browser.open(rulesAt()), { button: 'Show what would change', fill: { exception_treatment: 'level' } }), { button: 'Save the rules' });
    expect(removed.status).toBe(200);
    expect((await rules()).exceptions).toEqual([]);
  });

  it('say what is wrong and keep what was written', async () => {
    const browser = await site.signIn(site.people.ada);
    const nobody = await browser.submit(await browser.open(rulesAt()), { button: 'Show what would change', tick: ['reviewers=people'], untick: ['reviewers=app_admins'], fill: { sensitive: 'block' } });
    expect([nobody.status, textOf(nobody)]).toEqual([422, expect.stringContaining('Name one person or more')]);
    expect(nobody.forms.flatMap(({ controls }) => controls)).toContainEqual(expect.objectContaining({ name: 'sensitive', value: 'block' }));
    const preview = await browser.submit(await browser.open(rulesAt()), { button: 'Show what would change', fill: { sensitive: 'block' } });
    await changeRules(site.deps, { tenant: site.northwind, changes: { sensitive: 'auto' } }, system);
    const late = await browser.submit(preview, { button: 'Save the rules' });
    expect([late.status, textOf(late)]).toEqual([412, expect.stringContaining('Somebody else changed the rules meanwhile')]);
    expect((await rules()).sensitive).toBe('auto');
    await browser.submit(await browser.submit(late, { button: 'Show what would change' }), { button: 'Save the rules' });
    expect((await rules()).sensitive).toBe('block');
  });

  it('xA4 are changed by those who manage apps, and loosened for what is restricted by an owner alone', async () => {
    const admin = await site.signIn(site.people.chloe);
    const preview = await admin.submit(await admin.open(rulesAt()), { button: 'Show what would change', fill: { level_tenant_restricted: 'auto' } });
    const refused = await admin.submit(preview, { button: 'Save the rules' });
    expect([refused.status, textOf(refused)]).toEqual([403, expect.stringContaining('which only an owner can decide')]);
    const { id: role } = await createRole(site.deps, { tenant: site.northwind, name: 'Onlooker', capabilities: ['apps.view'] }, system);
    await changeMember(site.deps, { tenant: site.northwind, user: site.people.chloe.id, role }, system);
    const seen = await admin.open(rulesAt());
    expect([seen.status, textOf(seen)]).toEqual([200, expect.stringContaining('Those who manage apps can change them.')]);
    expect((await admin.submit(preview, { button: 'Save the rules' })).status).toBe(404);
    expect(await rules()).toEqual(defaultRules(site.northwind));
  });
});

describe('the way in', () => {
  it('stands on the account of those who have a capability, for each tenant', async () => {
    const admin = await site.signIn(site.people.chloe);
    const account = await admin.open(site.at('/account'));
    expect(textOf(account)).toContain('Administer Northwind');
    expect((await admin.open(site.at(`/admin/${site.northwind}`))).url.pathname).toBe(`/admin/${site.northwind}/apps`);
    const member = await site.signIn(site.people.ben);
    expect(textOf(await member.open(site.at('/account')))).not.toContain('Administer');
  });
});
