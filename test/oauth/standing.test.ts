import { describe, expect, test } from '@jest/globals';

import type { Approval } from '#src/approvals/approval.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import { defaultRules } from '#src/approvals/rules.ts';
import type { Installation } from '#src/installations/installation.ts';
import type { GroupId, InstallationId } from '#src/ids.ts';
import { scopeNow, tenantTokenHolds, userTokenHolds, type TokenStanding } from '#src/oauth/tokens/standing.ts';
import type { TenantBinding, UserBinding } from '#src/oauth/tokens/token-records.ts';
import { aGrant, aLiveApp, anApproval, aUser, catalogue, northwind } from '#test/consent/facts.ts';

const GRANT = aGrant(['openid', 'meetings:read', 'meetings:write']);
const { tenant, member } = northwind;
const live = aLiveApp({}, { permissions: { user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read'] }, tenant: { required: ['meetings:read'], optional: [] } }, sharedAccess: true });
const inTenant = (approval?: Partial<Approval>): AppInTenant => ({
  ...live,
  catalogue,
  rules: defaultRules(tenant.id),
  approval: approval && anApproval(approval),
});

const binding: UserBinding = {
  identity: 'user',
  tenant: tenant.id,
  user: GRANT.user,
  membership: GRANT.membership,
  app: GRANT.app,
  grant: GRANT.id,
  family: null,
  shuts: 0,
};
const facts = { grant: GRANT, member: { ...member, user: GRANT.user }, tenant, user: aUser({ id: GRANT.user }), app: inTenant() };
type UserFacts = Parameters<typeof userTokenHolds>[1];

const inGroup = 'grp_1' as GroupId;

describe('I4 the chain above a user token', () => {
  test('holds when every link does', () => {
    expect(userTokenHolds(binding, facts)).toBe(true);
  });

  const broken: readonly (readonly [string, Partial<UserFacts>])[] = [
    ['the grant was taken back', { grant: undefined }],
    ['the grant is another one, given later', { grant: { ...GRANT, id: 'gnt_2' as typeof GRANT.id } }],
    ['the member left', { member: undefined }],
    ['the member is inactive', { member: { ...facts.member, status: 'inactive' } }],
    ['xT6 the member left and came back', { member: { ...facts.member, membership: 'mbr_2' as typeof GRANT.membership } }],
    ['the person is disabled', { user: { ...facts.user, status: 'disabled' } }],
    ['the tenant is suspended', { tenant: { ...tenant, status: 'suspended' } }],
    ['the app is disabled everywhere', { app: { ...inTenant(), app: { ...live.app, status: 'disabled' } } }],
    ['Z10 the approval was withdrawn', { app: inTenant({ status: 'withdrawn' }) }],
    ['the app is blocked in the tenant', { app: inTenant({ status: 'blocked' }) }],
    ['xA7 the app was removed from the tenant and approved anew', { app: inTenant({ generation: 1 }) }],
    ['I2 the approval was withdrawn, and given again', { app: inTenant({ shuts: 1 }) }],
    ['L4 the app is there for others only', { app: inTenant({ availability: { kind: 'some', groups: [inGroup], members: [] } }) }],
  ];
  test.each(broken)('breaks when %s', (_, change) => {
    expect(userTokenHolds(binding, { ...facts, ...change })).toBe(false);
  });

  test('L4 holds for a member of a group that the app is there for', () => {
    const app = inTenant({ availability: { kind: 'some', groups: [inGroup], members: [] } });
    expect(userTokenHolds(binding, { ...facts, app, member: { ...facts.member, groups: [inGroup] } })).toBe(true);
  });
});

const INSTALLATION: Installation = {
  id: 'ins_1' as InstallationId,
  tenant: tenant.id,
  app: live.app.id,
  version: live.version.id,
  permissions: ['meetings:read'],
  dataRange: { kind: 'all' },
  status: 'active',
  installedBy: GRANT.user,
  generation: 0,
  createdAt: GRANT.createdAt,
  updatedAt: GRANT.createdAt,
};
const tenantBinding: TenantBinding = { identity: 'tenant', tenant: tenant.id, app: live.app.id, installation: INSTALLATION.id, family: null, shuts: 0 };
type TenantFacts = Parameters<typeof tenantTokenHolds>[1];
const tenantFacts: TenantFacts = { tenant, installation: INSTALLATION, app: inTenant() };

describe('I4 the chain above a tenant token', () => {
  test('L2 holds when every link does, whoever installed the app', () => {
    expect(tenantTokenHolds(tenantBinding, tenantFacts)).toBe(true);
  });

  const broken: readonly (readonly [string, Partial<TenantFacts>])[] = [
    ['the app was uninstalled', { installation: undefined }],
    ['the app was uninstalled and installed anew', { installation: { ...INSTALLATION, id: 'ins_2' as InstallationId } }],
    ['the installation is suspended', { installation: { ...INSTALLATION, status: 'suspended' } }],
    ['xA7 the app was removed from the tenant and approved anew', { app: inTenant({ generation: 1 }) }],
    ['I2 the approval was withdrawn, and given again', { app: inTenant({ shuts: 1 }) }],
    ['Z10 the approval was withdrawn', { app: inTenant({ status: 'withdrawn' }) }],
    ['the tenant is suspended', { tenant: { ...tenant, status: 'suspended' } }],
    ['the app is disabled everywhere', { app: { ...inTenant(), app: { ...live.app, status: 'disabled' } } }],
  ];
  test.each(broken)('breaks when %s', (_, change) => {
    expect(tenantTokenHolds(tenantBinding, { ...tenantFacts, ...change })).toBe(false);
  });
});

describe('the scope of a user token, as it is right now', () => {
  const scopeOf = (ceiling: string[], change: object = {}, app = inTenant()) =>
    scopeNow({ identity: 'user', grant: { value: { ...GRANT, ...change } }, app } as unknown as TokenStanding, ceiling);

  test('is what it was minted with, the grant has, and the tenant allows', () => {
    expect(scopeOf(['openid', 'meetings:read', 'calendar:read'])).toEqual(['openid', 'meetings:read']);
  });

  test('Z5 gains and loses shared access with the grant', () => {
    expect(scopeOf(['meetings:read'], { sharedAccess: true })).toEqual(['meetings:read', 'shared_access']);
    expect(scopeOf(['meetings:read', 'shared_access'])).toEqual(['meetings:read']);
  });

  test('xA2 loses a permission that the tenant came to block', () => {
    const app = { ...inTenant(), rules: { ...defaultRules(tenant.id), exceptions: [{ permission: 'meetings:read', identity: 'user', treatment: 'block' } as const] } };
    expect(scopeOf(['openid', 'meetings:read'], {}, app)).toEqual(['openid']);
  });
});
