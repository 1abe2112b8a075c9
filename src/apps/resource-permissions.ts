import type { ResourceKind, ResourceKinds } from '#src/resources/resource-kind.ts';
import { RIGHTS, type RequestedResource, type RequestedResources, type Right } from '#src/resources/resource.ts';

import type { RequestedPermissions } from './app.ts';
import type { Catalogue, Permission } from './permission.ts';

/**
 * A right that an app asks for on nodes of a kind is decided on like a permission, by the same rules, approvals and
 * reviews, under a name that is no scope value of any catalogue: `resource_access:list:write`, and `app_only:list:write`
 * for what it may do there with no person in the call.
 */
export const RESOURCE_PREFIXES = { user: 'resource_access:', tenant: 'app_only:' } as const;

type Identity = keyof typeof RESOURCE_PREFIXES;

export const resourcePermission = (identity: Identity, { kind, right }: Pick<RequestedResource, 'kind' | 'right'>): string =>
  `${RESOURCE_PREFIXES[identity]}${kind}:${right}`;

/** Whether it is about nodes: given with a node that a person chose, never as a scope value. */
export const isResourcePermission = (name: string): boolean => Object.values(RESOURCE_PREFIXES).some((prefix) => name.startsWith(prefix));

/** What a version asks for, with what it asks for on nodes. */
export function withResourceNames(permissions: RequestedPermissions, identity: Identity, asked: readonly RequestedResource[]): RequestedPermissions {
  const names = (required: boolean) => asked.filter((each) => each.required === required).map((each) => resourcePermission(identity, each));
  const required = [...new Set([...permissions.required, ...names(true)])];
  return { required, optional: [...new Set([...permissions.optional, ...names(false)])].filter((name) => !required.includes(name)) };
}

export const withoutResourceNames = ({ required = [], optional = [] }: Partial<RequestedPermissions>): RequestedPermissions => ({
  required: required.filter((name) => !isResourcePermission(name)),
  optional: optional.filter((name) => !isResourcePermission(name)),
});

/** What a version asks for on nodes for an identity; without `appOnly`, nothing for the tenant's (S6). */
export const resourcesOf = ({ resources, appOnly }: { resources?: RequestedResources | undefined; appOnly?: boolean | undefined }, identity: Identity): readonly RequestedResource[] =>
  identity === 'tenant' && appOnly !== true ? [] : (resources?.[identity] ?? []);

/** Without the nodes of the kinds that these names are about. */
export const withoutKinds = <N extends { readonly kind: string }>(nodes: readonly N[], names: readonly string[]): N[] => {
  const kinds = new Set(names.filter(isResourcePermission).map((name) => name.split(':')[1]));
  return nodes.filter(({ kind }) => !kinds.has(kind));
};

const LEVELS: Readonly<Record<Right, Permission['level']>> = { read: 'basic', write: 'advanced', manage: 'restricted', full_control: 'restricted' };

/** What an app may do with `what`, as it stands on pages. */
export const rightInWords = (right: Right, what: string): string => TITLES[right](what);

const TITLES: Readonly<Record<Right, (what: string) => string>> = {
  read: (what) => `See what is in ${what}`,
  write: (what) => `Add and change things in ${what}`,
  manage: (what) => `Manage ${what} and who has rights there`,
  full_control: (what) => `Do anything with ${what}`,
};

export const oneOf = ({ title }: ResourceKind): string => `${/^[aeiou]/i.test(title) ? 'an' : 'a'} ${title}`;

const permissionsOf = (kind: ResourceKind): Permission[] =>
  RIGHTS.flatMap((right) => [
    {
      name: resourcePermission('user', { kind: kind.name, right }),
      title: TITLES[right](`${oneOf(kind)} that is chosen for it`),
      explanation: `On this ${kind.title} and all below it, and nowhere else; as far as the member may do it there.`,
      identities: ['user'],
      level: LEVELS[right],
      sensitive: false,
      listedApps: right !== 'full_control',
      resource: '',
      onNodes: true,
    },
    {
      name: resourcePermission('tenant', { kind: kind.name, right }),
      title: `${TITLES[right](`${oneOf(kind)} that is chosen for it`)}, with nobody in the call`,
      explanation: `On this ${kind.title} and all below it, and nowhere else; by itself, whoever uses it.`,
      identities: ['tenant'],
      level: 'restricted',
      sensitive: false,
      listedApps: right !== 'full_control',
      resource: '',
      onNodes: true,
    },
  ]);

/** The catalogue as decisions see it: rights on nodes are found in it, but stand in none of its lists. */
export function withResourcePermissions(catalogue: Catalogue, { kinds }: ResourceKinds): Catalogue {
  const byName = new Map(kinds.flatMap(permissionsOf).map((permission) => [permission.name, permission]));
  return { permissions: catalogue.permissions, find: (name) => byName.get(name) ?? catalogue.find(name) };
}
