import { findApp } from '#src/apps/app-store.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import { grantChange } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { installationChange } from '#src/installations/installation-store.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { ApiWorld } from './api.ts';

/** One of everything that a path can name, and a sound body or query for every route that needs one. */
export interface Furnished {
  readonly ids: Readonly<Record<string, string>>;
  readonly bodies: Readonly<Record<string, unknown>>;
  readonly queries: Readonly<Record<string, string>>;
}

export async function furnish(api: ApiWorld, name: string): Promise<Furnished> {
  const make = async (path: string, body: unknown) => {
    const { status, body: made, text } = await api.ask('POST', path, { body });
    if (status !== 201) throw new Error(`POST ${path} answered ${status}: ${text}`);
    return made.id as string;
  };
  const tenant = await make('/tenants', { name });
  const user = await make('/users', { email: `ada@${name}.example`, name: 'Ada' });
  const receiver = await make('/users', { email: `ben@${name}.example`, name: 'Ben' });
  for (const person of [user, receiver]) await api.ask('POST', `/tenants/${tenant}/members`, { body: { user: person } });
  const role = await make(`/tenants/${tenant}/roles`, { name: 'Helper', capabilities: ['apps.view'] });
  const delegation = await make(`/tenants/${tenant}/delegations`, { giver: user, receiver, permissions: ['meetings:read'] });
  const resourceServer = await make('/resource-servers', { name: 'Meetings', audience: `https://${name}.example/meetings` });
  const operator = await make('/operators', { name: 'Deploy', scopes: ['read'] });
  const app = await make('/apps', { name: 'Scheduler Pro', developer: { name: 'Scheduler Inc.' }, authMethod: 'client_secret_basic' });
  const live = await make(`/apps/${app}/versions`, VERSION);
  await api.ask('POST', `/apps/${app}/versions/${live}/publish`);
  const version = await make(`/apps/${app}/versions`, VERSION);
  const secret = (await api.ask('GET', `/apps/${app}`)).body.secrets[0].id as string;
  const grant = await giveGrant(api, { tenant, user, app });
  await install(api, { tenant, user, app });
  const context = await make(`/tenants/${tenant}/contexts`, { kind: 'meeting', title: 'Standup', members: [{ user, role: 'owner' }, { guest: `phone of ${name}`, role: 'guest' }] });
  const resource = `tasks of ${name}`;
  const tree = [{ kind: 'tenancy', id: name, title: name, parent: null }, { kind: 'list', id: resource, title: 'Tasks', parent: { kind: 'tenancy', id: name } }];
  await api.ask('POST', `/tenants/${tenant}/resources`, { body: { nodes: tree } });
  await api.ask('PUT', `/tenants/${tenant}/resources/list/${encodeURIComponent(resource)}/rights/${user}`, { body: { right: 'write' } });
  const group = await make(`/tenants/${tenant}/groups`, { name: 'Sales' });
  await api.ask('PUT', `/tenants/${tenant}/groups/${group}/members/${user}`);
  await api.ask('PATCH', `/tenants/${tenant}/rules`, { body: { sensitive: 'auto' }, headers: { 'if-match': '"0"' } });
  await api.ask('POST', `/tenants/${tenant}/approvals`, { body: { app, permissions: { user: ['meetings:read'] } } });
  const job = await make(`/apps/${app}/revocations`, { tenants: [tenant] });
  const { kid } = (await api.ask('GET', '/signing-keys')).body.keys.at(-1);
  const review = await askForReview(api, { tenant, user, app });
  return {
    ids: { job, kid, context, guest: `phone of ${name}`, group, kind: 'list', resource, review, tenant, user, role, delegation, resourceServer, operator, app, version, secret, grant },
    bodies: {
      createTenant: { name: 'Another' },
      renameTenant: { name: 'Renamed' },
      setTenantStatus: { status: 'active' },
      createUser: { email: `new@${name}.example`, name: 'New' },
      updateUser: { name: 'Renamed' },
      setUserStatus: { status: 'active' },
      setUserPassword: { password: 'correct horse battery' },
      addMember: { user: receiver },
      changeMember: { role: 'admin' },
      createRole: { name: 'Another', capabilities: [] },
      updateRole: { name: 'Renamed' },
      giveDelegation: { giver: receiver, receiver: user, permissions: ['meetings:read'] },
      limitGrant: { permissions: ['openid'] },
      changeDelegation: { permissions: ['meetings:write'] },
      createOperator: { name: 'Another', scopes: ['read'] },
      registerResourceServer: { name: 'Another', audience: `https://${name}.example/another` },
      updateResourceServer: { name: 'Renamed' },
      openContext: { kind: 'meeting', title: 'Standup', members: [{ user, role: 'owner' }] },
      putContextMembers: { members: [{ user: receiver, role: 'participant' }] },
      putContextMember: { role: 'owner' },
      putResources: { nodes: tree },
      updateResource: { title: 'Jobs' },
      moveResource: { parent: { kind: 'tenancy', id: name } },
      giveRights: { rights: [{ user, right: 'read' }] },
      giveRight: { right: 'manage' },
      startInContext: { contextToken: 'signed' },
      inviteOwner: { contextToken: 'signed' },
      launchApp: { app, user },
      createGroup: { name: 'Board' },
      renameGroup: { name: 'Selling' },
      changeRules: { sensitive: 'review' },
      previewRules: { sensitive: 'block' },
      decideOnApp: { app, status: 'approved', permissions: { user: ['meetings:read'] } },
      changeApproval: { status: 'withdrawn' },
      changeInstalledPermissions: { permissions: [] },
      changeDataRange: { dataRange: { kind: 'some', members: [user] } },
      setInstallationStatus: { status: 'active' },
      askForPermissions: {},
      decideReview: { verdict: 'deny', reason: 'Not now.' },
      registerApp: { name: 'Another', developer: { name: 'Somebody' }, authMethod: 'none' },
      updateApp: { tagline: 'Plans meetings' },
      setAppStatus: { status: 'active' },
      startRevocation: { tenants: 'all' },
      createVersion: VERSION,
      updateDraft: { sharedAccess: true },
    },
    queries: { listDelegations: `?giver=${user}`, giveUpPermissions: '?identity=tenant&permissions=meetings:write', listGrants: `?user=${user}` },
  };
}

const VERSION = {
  redirectUris: ['https://scheduler.example/callback'],
  permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] }, tenant: { required: [], optional: ['meetings:write'] } },
};

/** As a person who asks for more would leave it. */
async function askForReview({ deps }: ApiWorld, { tenant, user, app }: { tenant: string; user: string; app: string }): Promise<string> {
  const [inTenant, person, client] = [tenant as TenantId, user as UserId, app as AppId];
  const permissions = { user: [], tenant: ['meetings:write'] };
  const outcome = await requestReview(deps, { tenant: inTenant, app: client, permissions, cause: 'request', reason: '', resume: null }, { kind: 'user', id: person });
  if (!('review' in outcome)) throw new Error(`Nothing was put to review: ${outcome.is}`);
  return outcome.review.id;
}

/** As an admin's consent would leave it. */
async function install({ deps }: ApiWorld, { tenant, user, app }: { tenant: string; user: string; app: string }): Promise<void> {
  const [inTenant, person, client] = [tenant as TenantId, user as UserId, app as AppId];
  const [member, live] = await Promise.all([findMember(deps, inTenant, person), findApp(deps, client)]);
  if (!member || !live?.liveVersion) throw new Error('Only a member can install an app that is in use');
  const { installation: _, ...change } = installationChange(
    { tenant: inTenant, permissions: ['meetings:write'], dataRange: { kind: 'all' }, basis: { membership: member.membership, installation: null } },
    { before: undefined, app: client, version: live.liveVersion, user: person, generation: 0, now: deps.clock() },
  );
  const result = await deps.store.commit({ shard: shardOf(inTenant), ...change });
  if (!result.ok) throw new Error('It is installed already');
}

/** As a person's consent would leave it. */
export async function giveGrant(
  { deps }: ApiWorld,
  { tenant, user, app }: { tenant: string; user: string; app: string },
  permissions = ['openid', 'meetings:read'],
): Promise<string> {
  const [inTenant, person, client] = [tenant as TenantId, user as UserId, app as AppId];
  const member = await findMember(deps, inTenant, person);
  if (!member) throw new Error('Only a member can give a grant');
  const decision = { tenant: inTenant, permissions, sharedAccess: false, basis: { membership: member.membership, grantSlot: null } };
  const { grant, ...change } = grantChange(decision, { before: undefined, user: person, app: client, asked: permissions, generation: 0, now: deps.clock() });
  const result = await deps.store.commit({ shard: shardOf(inTenant), ...change });
  if (!result.ok) throw new Error('There is a grant already');
  return grant.id;
}
