import { grantChange } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
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
  const version = await make(`/apps/${app}/versions`, VERSION);
  const secret = (await api.ask('GET', `/apps/${app}`)).body.secrets[0].id as string;
  const grant = await giveGrant(api, { tenant, user, app });
  return {
    ids: { tenant, user, role, delegation, resourceServer, operator, app, version, secret, grant },
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
      changeDelegation: { permissions: ['meetings:write'] },
      createOperator: { name: 'Another', scopes: ['read'] },
      registerResourceServer: { name: 'Another', audience: `https://${name}.example/another` },
      updateResourceServer: { name: 'Renamed' },
      registerApp: { name: 'Another', developer: { name: 'Somebody' }, authMethod: 'none' },
      updateApp: { tagline: 'Plans meetings' },
      setAppStatus: { status: 'active' },
      createVersion: VERSION,
      updateDraft: { sharedAccess: true },
    },
    queries: { listDelegations: `?giver=${user}`, listGrants: `?user=${user}` },
  };
}

const VERSION = {
  redirectUris: ['https://scheduler.example/callback'],
  permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] } },
};

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
