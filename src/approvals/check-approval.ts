import type { Deps } from '#src/deps.ts';
import { AppError, type FieldProblem } from '#src/errors.ts';
import type { TenantId } from '#src/ids.ts';
import { groupKey } from '#src/tenants/group-store.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import type { Availability } from './availability.ts';
import { decide, type AppInTenant } from './decide.ts';
import type { Identity } from './rules.ts';

export type PermissionsByIdentity = Readonly<Record<Identity, readonly string[]>>;

export const IDENTITIES: readonly Identity[] = ['user', 'tenant'];
export const NOTHING: PermissionsByIdentity = { user: [], tenant: [] };

const MOST_GROUPS = 200;
const MOST_MEMBERS = 1000;

const refuse = (fields: readonly FieldProblem[]): never => {
  throw new AppError('invalid_request', { detail: fields[0]?.detail ?? '', fields });
};

/** For whom: groups that there are and people who are members, each once. Throws `invalid_request`. */
export async function checkAvailability({ store }: Deps, tenant: TenantId, wanted: Availability, pointer = '/availability'): Promise<Availability> {
  if (wanted.kind === 'everyone') return { kind: 'everyone' };
  const [groups, members] = [[...new Set(wanted.groups)], [...new Set(wanted.members)]];
  if (groups.length + members.length === 0) refuse([{ pointer, detail: 'Choose at least one group or member.' }]);
  if (groups.length > MOST_GROUPS || members.length > MOST_MEMBERS) {
    refuse([{ pointer, detail: `At most ${MOST_GROUPS} groups and ${MOST_MEMBERS} members. Put people in a group.` }]);
  }
  const [foundGroups, foundMembers] = await Promise.all([
    store.read(...groups.map((id) => groupKey(tenant, id))),
    store.read(...members.map((user) => memberKey(tenant, user))),
  ]);
  if (foundGroups.some((record) => !record)) refuse([{ pointer: `${pointer}/groups`, detail: 'One of these groups does not exist.' }]);
  if (foundMembers.some((record) => !record)) refuse([{ pointer: `${pointer}/members`, detail: 'One of these people is not a member.' }]);
  return { kind: 'some', groups, members };
}

const WHY_NOT: Readonly<Record<string, string>> = {
  of_another_tenant: "is asked for by another tenant's own app.",
  not_in_catalogue: 'is not a permission for this identity.',
  not_declared: 'is not declared by the version of the app in use.',
  exception: 'is blocked by the rules.',
};

/** Permissions that can be approved, each once. Throws `invalid_request` with all that cannot. */
export function checkPermissions(wanted: PermissionsByIdentity, standing: AppInTenant): PermissionsByIdentity {
  const problems: FieldProblem[] = [];
  const checked = (identity: Identity): readonly string[] => {
    const names = [...new Set(wanted[identity])];
    for (const name of names) {
      const { treatment, because } = decide(name, identity, { ...standing, approval: undefined });
      const why = treatment === 'block' ? WHY_NOT[because] : undefined;
      if (why !== undefined) problems.push({ pointer: `/permissions/${identity}`, detail: `"${name.slice(0, 100)}" ${why}` });
    }
    return names;
  };
  const permissions = { user: checked('user'), tenant: checked('tenant') };
  if (problems.length > 0) refuse(problems);
  return permissions;
}

/** Whether only an owner can allow this: something in it is restricted, and not allowed already. */
export function needsOwner(permissions: PermissionsByIdentity, standing: AppInTenant): boolean {
  const approval = standing.approval?.status === 'approved' ? standing.approval : undefined;
  return IDENTITIES.some((identity) => permissions[identity].some((name) => decide(name, identity, { ...standing, approval }).byOwner));
}

export const isEmpty = ({ user, tenant }: PermissionsByIdentity): boolean => user.length + tenant.length === 0;

export const union = (left: PermissionsByIdentity, right: PermissionsByIdentity): PermissionsByIdentity => ({
  user: [...new Set([...left.user, ...right.user])],
  tenant: [...new Set([...left.tenant, ...right.tenant])],
});

export const covers = (whole: PermissionsByIdentity, part: PermissionsByIdentity): boolean =>
  IDENTITIES.every((identity) => part[identity].every((name) => whole[identity].includes(name)));
