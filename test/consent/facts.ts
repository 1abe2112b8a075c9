import type { App, LiveApp, Version } from '#src/apps/app.ts';
import type { Catalogue, Permission } from '#src/apps/catalogue.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import { defaultRules, type Rules } from '#src/approvals/rules.ts';
import type { Approval } from '#src/approvals/approval.ts';
import type { Review } from '#src/approvals/review.ts';
import type { Installation } from '#src/installations/installation.ts';
import type { ChosenTenant, ConsentFacts } from '#src/consent/consent-view.ts';
import type { Membership } from '#src/consent/choose-tenant.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { ReceivedDelegation } from '#src/consent/shared-access-offer.ts';
import type { AppId, DelegationId, GrantId, InstallationId, MembershipId, ReviewId, TenantId, UserId, VersionId } from '#src/ids.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { User } from '#src/tenants/user.ts';

const at = '2026-01-01T00:00:00.000Z';

const permission = (name: string, title: string, more: Partial<Permission> = {}): Permission => ({
  name,
  title,
  explanation: `${title}, and no more.`,
  identities: ['user', 'tenant'],
  level: 'basic',
  sensitive: false,
  listedApps: true,
  resource: 'https://meetings.example',
  ...more,
});

const PERMISSIONS = [
  permission('meetings:read', 'See your meetings'),
  permission('meetings:write', 'Create and change your meetings'),
  permission('contacts:read', 'See your contacts', { sensitive: true }),
  permission('calendar:read', 'See your calendar'),
  permission('files:read', 'See your files', { level: 'advanced', sensitive: true }),
  permission('messages:read', 'Read your messages', { level: 'restricted', sensitive: true }),
  permission('meetings.all:read', 'See all meetings', { identities: ['tenant'], level: 'advanced' }),
  permission('files.all:write', 'Change all files', { identities: ['tenant'], level: 'restricted' }),
  permission('rooms:manage', 'Manage meeting rooms', { identities: ['tenant'] }),
];

export const catalogue: Catalogue = {
  permissions: PERMISSIONS,
  find: (name) => PERMISSIONS.find((known) => known.name === name),
};

export const aUser = (more: Partial<User> = {}): User => ({
  id: 'usr_ben' as UserId,
  email: 'ben@northwind.example',
  name: 'Ben Okri',
  status: 'active',
  passwordHash: null,
  sessionsValidFrom: 0,
  createdAt: at,
  ...more,
});

export const anApp = (more: Partial<App> = {}): App => ({
  id: 'app_scheduler' as AppId,
  name: 'Scheduler Pro',
  tagline: 'Meetings that plan themselves',
  logoUri: null,
  homepageUri: null,
  privacyUri: null,
  developer: { name: 'Bright Tools', uri: 'https://bright.example/', verified: true },
  owner: null,
  listed: true,
  status: 'active',
  authMethod: 'none',
  secrets: [],
  jwks: null,
  pkce: 'required',
  dpopBound: false,
  liveVersion: 'ver_1' as VersionId,
  createdAt: at,
  ...more,
});

export const aVersion = (more: Partial<Version> = {}): Version => ({
  id: 'ver_1' as VersionId,
  app: 'app_scheduler' as AppId,
  number: 1,
  status: 'live',
  redirectUris: ['https://scheduler.example/callback'],
  postLogoutRedirectUris: [],
  launchUri: null,
  permissions: {
    user: { required: ['meetings:read'], optional: ['meetings:write', 'contacts:read'] },
    tenant: { required: [], optional: [] },
  },
  sharedAccess: true,
  createdAt: at,
  ...more,
});

export const aLiveApp = (app: Partial<App> = {}, version: Partial<Version> = {}): LiveApp => ({
  app: anApp(app),
  version: aVersion(version),
});

export const aRequest = (more: Partial<PendingRequest> = {}): PendingRequest => ({
  uid: 'uid-1',
  waitsFor: 'consent',
  app: 'app_scheduler' as AppId,
  redirectUri: 'https://scheduler.example/callback',
  identity: 'user',
  scopes: ['openid', 'meetings:read'],
  tenantHint: undefined,
  loginHint: undefined,
  includeGranted: false,
  manner: 'merge',
  namesGrant: false,
  user: 'usr_ben' as UserId,
  restartPath: '/restart',
  ...more,
});

export const aMembership = (id: string, name: string, joinedAt = at): Membership => ({
  tenant: { id: id as TenantId, name, status: 'active', createdAt: at },
  member: {
    tenant: id as TenantId,
    user: 'usr_ben' as UserId,
    membership: `mbr_${id}` as MembershipId,
    role: 'member',
    status: 'active',
    groups: [],
    joinedAt,
  },
});

export const northwind = aMembership('ten_northwind', 'Northwind');
export const contoso = aMembership('ten_contoso', 'Contoso', '2026-02-01T00:00:00.000Z');

export const aGrant = (permissions: readonly string[], more: Partial<Grant> = {}): Grant => ({
  id: 'gnt_1' as GrantId,
  tenant: northwind.tenant.id,
  user: 'usr_ben' as UserId,
  membership: northwind.member.membership,
  app: 'app_scheduler' as AppId,
  permissions,
  declined: [], requested: [], generation: 0,
  sharedAccess: false,
  createdAt: at,
  updatedAt: at,
  ...more,
});

export const aDelegation = (giver: string, permissions: readonly string[]): ReceivedDelegation => ({
  giverName: giver,
  delegation: {
    id: `del_${giver}` as DelegationId,
    tenant: northwind.tenant.id,
    giver: `usr_${giver}` as UserId,
    giverMembership: `mbr_${giver}` as MembershipId,
    receiver: 'usr_ben' as UserId,
    receiverMembership: northwind.member.membership,
    permissions,
    createdAt: at,
    endsAt: null,
  },
});

export const anApproval = (more: Partial<Approval> = {}): Approval => ({
  tenant: northwind.tenant.id,
  app: 'app_scheduler' as AppId,
  status: 'approved',
  permissions: { user: [], tenant: [] },
  availability: { kind: 'everyone' },
  version: null,
  review: null,
  generation: 0,
  shuts: 0,
  decidedBy: { kind: 'system' },
  decidedAt: at,
  ...more,
});

export const aReview = (more: Partial<Review> = {}): Review => ({
  id: 'rev_1' as ReviewId,
  tenant: northwind.tenant.id,
  app: 'app_scheduler' as AppId,
  version: 'ver_1' as VersionId,
  cause: 'request',
  permissions: { user: ['contacts:read'], tenant: [] },
  byOwner: false,
  status: 'open',
  requests: [{ user: 'usr_ben' as UserId, at, reason: '', resume: null, times: 1 }],
  decision: null,
  createdAt: at,
  expiresAt: '2026-02-01T00:00:00.000Z',
  remindedAt: null,
  ...more,
});

export const anInstallation = (permissions: readonly string[], more: Partial<Installation> = {}): Installation => ({
  id: 'ins_1' as InstallationId,
  tenant: northwind.tenant.id,
  app: 'app_scheduler' as AppId,
  version: 'ver_1' as VersionId,
  permissions,
  dataRange: { kind: 'all' },
  status: 'active',
  installedBy: 'usr_ben' as UserId,
  generation: 0,
  createdAt: at,
  updatedAt: at,
  ...more,
});

/** Who may manage apps in the tenant and decides on reviews. */
export const asAdmin = { capabilities: ['apps.manage'] } as const satisfies Partial<ChosenTenant>;

export const someFacts = ({
  request = {},
  app = {},
  version = {},
  chosen = {},
  approval,
  rules = {},
  ...more
}: {
  request?: Partial<PendingRequest>;
  app?: Partial<App>;
  version?: Partial<Version>;
  chosen?: Partial<ChosenTenant>;
  approval?: Partial<Approval>;
  rules?: Partial<Rules>;
} & Partial<Omit<ConsentFacts, 'request' | 'chosen' | 'live'>> = {}): ConsentFacts => {
  const live = aLiveApp(app, version);
  const standing: AppInTenant = {
    ...live,
    rules: { ...defaultRules(northwind.tenant.id), ...LENIENT, ...rules },
    approval: approval && anApproval(approval),
    catalogue,
  };
  return {
    request: aRequest(request),
    person: aUser(),
    memberships: [northwind],
    chosen: chosenTenant(standing, chosen),
    live,
    catalogue,
    draft: undefined,
    ...more,
  };
};

/** Nothing needs approval, unless a test says so. */
const LENIENT: Partial<Rules> = { sensitive: 'auto' };
export const STRICT: Partial<Rules> = { sensitive: 'review' };

const chosenTenant = (standing: AppInTenant, more: Partial<ChosenTenant>): ChosenTenant => ({
  ...northwind,
  capabilities: [],
  slotVersion: null,
  grant: undefined,
  received: [],
  standing,
  approvalVersion: null,
  reviews: { open: undefined, decided: [] },
  needsOwner: false,
  resources: [],
  reviewers: ['Ada'],
  managers: ['Ada'],
  installation: undefined,
  dataRange: undefined,
  ...more,
});
