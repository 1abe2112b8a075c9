import { describe, expect, it } from '@jest/globals';

import type { App, Version } from '#src/apps/app.ts';
import { catalogueOf, type Permission } from '#src/apps/catalogue.ts';
import type { Approval } from '#src/approvals/approval.ts';
import type { Availability } from '#src/approvals/availability.ts';
import { allowedPermissions, availabilityOf, decide, generationOf, mayUse, type AppInTenant, type Because } from '#src/approvals/decide.ts';
import { defaultRules, type Identity, type Rules, type Treatment } from '#src/approvals/rules.ts';
import type { AppId, GroupId, TenantId, UserId } from '#src/ids.ts';

/** Each name says what it is: level, whether it is sensitive, and an identity where there is only one. */
const permission = (name: string): Permission => ({
  name,
  title: name,
  explanation: name,
  identities: name.endsWith('.user') ? ['user'] : name.endsWith('.tenant') ? ['tenant'] : ['user', 'tenant'],
  level: name.startsWith('basic') ? 'basic' : name.startsWith('advanced') ? 'advanced' : 'restricted',
  sensitive: name.includes('sensitive'),
  listedApps: true,
  resource: 'https://api.example',
});

const NAMES = ['basic', 'basic-sensitive', 'advanced', 'advanced-sensitive', 'restricted', 'restricted-sensitive', 'basic.user', 'basic.tenant', 'basic-undeclared'];
const catalogue = catalogueOf(NAMES.map(permission));
const declared = { required: ['basic', 'gone'], optional: NAMES.filter((name) => name !== 'basic' && name !== 'basic-undeclared') };

const tenant = 'ten_northwind' as TenantId;
const app = { id: 'app_scheduler' as AppId, owner: null, developer: { name: 'Example Software', uri: null, verified: true } } as App;
const version = { permissions: { user: declared, tenant: declared } } as Partial<Version> as Version;
const RULES = defaultRules(tenant);
const APPROVAL: Approval = {
  tenant, app: app.id, status: 'approved', permissions: { user: [], tenant: [] }, availability: { kind: 'everyone' },
  version: null, review: null, generation: 3, shuts: 0, decidedBy: { kind: 'system' }, decidedAt: '2026-11-21T20:00:00.000Z',
};

const standing = (more: Partial<AppInTenant> = {}): AppInTenant => ({ app, version, rules: RULES, approval: undefined, catalogue, ...more });
const rules = (more: Partial<Rules>): Partial<AppInTenant> => ({ rules: { ...RULES, ...more } });
const except = (name: string, treatment: Treatment, identity: Identity = 'user'): Pick<Rules, 'exceptions'> => ({ exceptions: [{ permission: name, identity, treatment }] });
const trust = (more: Partial<Rules['trust']>): Pick<Rules, 'trust'> => ({ trust: { ...RULES.trust, ...more } });
const approved = (...names: string[]): Partial<AppInTenant> => ({ approval: { ...APPROVAL, permissions: { user: names, tenant: [] } } });
const shut = (status: Approval['status'], ...names: string[]): Partial<AppInTenant> => ({ approval: { ...APPROVAL, status, permissions: { user: names, tenant: names } } });

type Row = readonly [what: string, name: string, identity: Identity, given: Partial<AppInTenant>, treatment: Treatment, because: Because, byOwner?: true];

const check = (rows: readonly Row[]) =>
  it.each(rows.map((row) => ({ what: row[0], row })))('$what', ({ row: [, name, identity, given, treatment, because, byOwner] }) => {
    expect(decide(name, identity, standing(given))).toEqual({ permission: name, identity, treatment, because, byOwner: byOwner ?? false });
  });

describe('L8 L9 without rules of the tenant\'s own', () => {
  check([
    ['basic acts at once as a member', 'basic', 'user', {}, 'auto', 'level'],
    ['basic acts at once for the tenant', 'basic', 'tenant', {}, 'auto', 'level'],
    ['advanced acts at once as a member', 'advanced', 'user', {}, 'auto', 'level'],
    ['advanced is reviewed for the tenant', 'advanced', 'tenant', {}, 'review', 'level'],
    ['advanced and sensitive is reviewed as a member', 'advanced-sensitive', 'user', {}, 'review', 'sensitive'],
    ['basic and sensitive is reviewed as a member', 'basic-sensitive', 'user', {}, 'review', 'sensitive'],
    ['basic and sensitive acts at once for the tenant', 'basic-sensitive', 'tenant', {}, 'auto', 'level'],
    ['restricted is reviewed by an owner, as a member', 'restricted', 'user', {}, 'review', 'level', true],
    ['restricted is reviewed by an owner, for the tenant', 'restricted', 'tenant', {}, 'review', 'level', true],
    ['restricted and sensitive is reviewed by an owner', 'restricted-sensitive', 'user', {}, 'review', 'level', true],
  ]);
});

describe('L9 a tenant changes each', () => {
  const levels = (identity: Identity, treatments: Partial<Rules['levels']['user']>): Pick<Rules, 'levels'> => ({ levels: { ...RULES.levels, [identity]: { ...RULES.levels[identity], ...treatments } } });
  check([
    ['a level for one identity', 'basic', 'user', rules(levels('user', { basic: 'block' })), 'block', 'level'],
    ['and not for the other', 'basic', 'tenant', rules(levels('user', { basic: 'block' })), 'auto', 'level'],
    ['sensitive to auto', 'advanced-sensitive', 'user', rules({ sensitive: 'auto' }), 'auto', 'level'],
    ['sensitive to block', 'advanced-sensitive', 'user', rules({ sensitive: 'block' }), 'block', 'sensitive'],
    ['sensitive never loosens a level', 'restricted-sensitive', 'user', rules({ sensitive: 'auto' }), 'review', 'level', true],
    ['an exception loosens', 'restricted', 'user', rules(except('restricted', 'auto')), 'auto', 'exception'],
    ['an exception tightens', 'basic', 'user', rules(except('basic', 'review')), 'review', 'exception'],
    ['an exception is for one identity', 'basic', 'tenant', rules(except('basic', 'block')), 'auto', 'level'],
    ['an exception to review a restricted one still needs an owner', 'restricted', 'user', rules(except('restricted', 'review')), 'review', 'exception', true],
  ]);
});

describe('L11 trust skips review', () => {
  check([
    ['a chosen app', 'restricted', 'tenant', rules(trust({ apps: [app.id] })), 'auto', 'trusted'],
    ['an app of a trusted developer', 'restricted', 'tenant', rules(trust({ developers: ['Example Software'] })), 'auto', 'trusted'],
    ['a developer of that name who is not verified is nobody', 'restricted', 'tenant', { ...rules(trust({ developers: ['Example Software'] })), app: { ...app, developer: { ...app.developer, verified: false } } }, 'review', 'level', true],
    ['another app is not meant', 'restricted', 'tenant', rules(trust({ apps: ['app_other' as AppId] })), 'review', 'level', true],
    ['sensitive ones too', 'advanced-sensitive', 'user', rules(trust({ apps: [app.id] })), 'auto', 'trusted'],
  ]);

  const sales: Availability = { kind: 'some', groups: ['grp_sales' as GroupId], members: [] };
  const inSales = { user: 'usr_ben' as UserId, groups: ['grp_sales' as GroupId] };
  const outside = { user: 'usr_dan' as UserId, groups: [] };
  it('for the availability that the rule names', () => {
    const trusted = standing(rules(trust({ apps: [app.id], availability: sales })));
    expect([mayUse(inSales, trusted), mayUse(outside, trusted)]).toEqual([true, false]);
  });
  it('unless an approval names another', () => {
    const both = standing({ ...rules(trust({ apps: [app.id], availability: sales })), ...approved('basic') });
    expect(availabilityOf(both)).toEqual({ kind: 'everyone' });
  });
});

describe('I4 what is not there cannot be given', () => {
  const everything = { ...rules({ ...trust({ apps: [app.id] }), ...except('gone', 'auto') }), ...approved('gone', 'basic.tenant', 'basic-undeclared') };
  check([
    ['what the catalogue does not have any more', 'gone', 'user', everything, 'block', 'not_in_catalogue'],
    ['what it has never had', '__proto__', 'user', everything, 'block', 'not_in_catalogue'],
    ['L1 what it has for the other identity only', 'basic.tenant', 'user', everything, 'block', 'not_in_catalogue'],
    ['I5 what another tenant\'s own app asks for', 'basic', 'user', { ...everything, app: { ...app, owner: 'ten_contoso' as TenantId } }, 'block', 'of_another_tenant'],
    ['L15 what the version in use does not declare', 'basic-undeclared', 'user', everything, 'block', 'not_declared'],
  ]);
});

describe('of several that fit, the first of these lines says it', () => {
  const blockAll = except('basic', 'block');
  check([
    ['the app is blocked: before all else', 'gone', 'user', shut('blocked'), 'block', 'app_blocked'],
    ['the app is blocked: before an approval, trust and exceptions', 'basic', 'user', { ...rules({ ...trust({ apps: [app.id] }), ...except('basic', 'auto') }), ...shut('blocked', 'basic') }, 'block', 'app_blocked'],
    ['a block by exception: before an approval', 'basic', 'user', { ...rules(blockAll), ...approved('basic') }, 'block', 'exception'],
    ['a block by exception: before what was withdrawn', 'basic', 'user', { ...rules(blockAll), ...shut('withdrawn', 'basic') }, 'block', 'exception'],
    ['a block by exception: before trust', 'basic', 'user', rules({ ...blockAll, ...trust({ apps: [app.id] }) }), 'block', 'exception'],
    ['Z10 the app is withdrawn: before an approval', 'basic', 'user', shut('withdrawn', 'basic'), 'review', 'app_withdrawn'],
    ['Z10 the app is withdrawn: before trust', 'basic', 'user', { ...rules(trust({ apps: [app.id] })), ...shut('withdrawn') }, 'review', 'app_withdrawn'],
    ['Z10 the app is withdrawn: before an exception', 'basic', 'user', { ...rules(except('basic', 'auto')), ...shut('withdrawn') }, 'review', 'app_withdrawn'],
    ['what is withdrawn and restricted needs an owner', 'restricted', 'user', shut('withdrawn', 'restricted'), 'review', 'app_withdrawn', true],
    ['an approval: before an exception to review', 'advanced', 'user', { ...rules(except('advanced', 'review')), ...approved('advanced') }, 'auto', 'approved'],
    ['an approval: before the level', 'restricted', 'user', approved('restricted'), 'auto', 'approved'],
    ['L1 an approval: of that identity only', 'restricted', 'tenant', approved('restricted'), 'review', 'level', true],
    ['an exception: before trust', 'basic', 'user', rules({ ...except('basic', 'review'), ...trust({ apps: [app.id] }) }), 'review', 'exception'],
    ['an exception: before sensitive', 'advanced-sensitive', 'user', rules(except('advanced-sensitive', 'auto')), 'auto', 'exception'],
    ['trust: before sensitive and level', 'restricted-sensitive', 'user', rules(trust({ apps: [app.id] })), 'auto', 'trusted'],
    ['sensitive: before level', 'advanced-sensitive', 'user', {}, 'review', 'sensitive'],
  ]);
});

describe('what follows from it', () => {
  it('the permissions that act without asking, by identity', () => {
    expect(allowedPermissions('user', standing())).toEqual(['basic', 'advanced', 'basic.user']);
    expect(allowedPermissions('tenant', standing())).toEqual(['basic', 'basic-sensitive', 'basic.tenant']);
    expect(allowedPermissions('user', standing(approved('restricted')))).toEqual(['basic', 'advanced', 'restricted', 'basic.user']);
    expect(allowedPermissions('user', standing(shut('withdrawn', 'basic')))).toEqual([]);
  });

  it.each(['withdrawn', 'blocked'] as const)('nobody may use an app that is %s', (status) => {
    const member = { user: 'usr_ada' as UserId, groups: [] };
    expect(mayUse(member, standing())).toBe(true);
    expect(mayUse(member, standing(shut(status)))).toBe(false);
  });

  it('L4 those whom the approval names may use it, by name or by group', () => {
    const availability: Availability = { kind: 'some', groups: ['grp_sales' as GroupId], members: ['usr_ben' as UserId] };
    const some = standing({ approval: { ...APPROVAL, availability } });
    const may = (user: string, ...groups: string[]) => mayUse({ user: user as UserId, groups: groups as GroupId[] }, some);
    expect([may('usr_ben'), may('usr_dan', 'grp_sales'), may('usr_dan'), may('usr_dan', 'grp_other')]).toEqual([true, true, false, false]);
  });

  it('xA7 something given now stands under the generation of the approval, or 0', () => {
    expect([generationOf(undefined), generationOf(APPROVAL)]).toEqual([0, 3]);
  });
});
