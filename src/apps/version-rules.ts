import { AppError, type FieldProblem } from '#src/errors.ts';

import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import type { RequestedResources } from '#src/resources/resource.ts';

import type { App, RequestedPermissions, Version } from './app.ts';
import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue } from './catalogue.ts';
import { isResourcePermission, withResourceNames } from './resource-permissions.ts';
import { resourceProblems } from './resource-rules.ts';
import { pageUriProblem, redirectUriProblem } from './uris.ts';

/** What the developer says of a version. */
export interface VersionInput {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  readonly launchUri?: string | null;
  readonly permissions: {
    readonly user?: Partial<RequestedPermissions>;
    readonly tenant?: Partial<RequestedPermissions>;
  };
  readonly sharedAccess?: boolean;
  readonly resources?: Partial<RequestedResources> | undefined;
  readonly appOnly?: boolean | undefined;
}

export type VersionContent = Pick<Version, 'redirectUris' | 'postLogoutRedirectUris' | 'launchUri' | 'permissions' | 'sharedAccess' | 'resources' | 'appOnly'>;

/** What a version is judged by. */
export interface VersionRules {
  readonly catalogue: Catalogue;
  /** Without them, no version can ask for resources. */
  readonly resourceKinds?: ResourceKinds;
}

const MOST_URIS = 50;

/** The content of a version, if it is one. Throws `invalid_request` with all that is wrong. */
export function versionContent(input: VersionInput, app: App, { catalogue, resourceKinds }: VersionRules): VersionContent {
  const resources = { user: input.resources?.user ?? [], tenant: input.resources?.tenant ?? [] };
  const content = {
    redirectUris: [...new Set(input.redirectUris)],
    postLogoutRedirectUris: [...new Set(input.postLogoutRedirectUris ?? [])],
    launchUri: input.launchUri ?? null,
    permissions: { user: lists(input.permissions.user), tenant: lists(input.permissions.tenant) },
    sharedAccess: input.sharedAccess ?? false,
    ...(hasAny(resources) && { resources }),
    ...(input.appOnly === true && { appOnly: true }),
  };
  const { redirectUris, postLogoutRedirectUris, launchUri, permissions } = content;
  const rule = (uri: string) => redirectUriProblem(uri, { isPublic: app.authMethod === 'none' });
  const fields = [
    ...uriProblems('/redirectUris', redirectUris, rule),
    ...uriProblems('/postLogoutRedirectUris', postLogoutRedirectUris, rule),
    ...uriProblems('/launchUri', launchUri === null ? [] : [launchUri], pageUriProblem),
    ...permissionProblems('user', permissions.user, app, catalogue),
    ...permissionProblems('tenant', permissions.tenant, app, catalogue),
  ];
  fields.push(...resourceProblems(content, app, resourceKinds));
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  const named = (identity: 'user' | 'tenant') => withResourceNames(permissions[identity], identity, resources[identity]);
  // Both are written, so that a change can take them away.
  return { ...content, permissions: { user: named('user'), tenant: named('tenant') }, resources: content.resources, appOnly: content.appOnly };
}

const hasAny = ({ user, tenant }: RequestedResources): boolean => user.length + tenant.length > 0;

const lists = (requested: Partial<RequestedPermissions> = {}): RequestedPermissions => ({
  required: [...new Set(requested.required)],
  optional: [...new Set(requested.optional)],
});

function uriProblems(pointer: string, uris: readonly string[], rule: (uri: string) => string | undefined): FieldProblem[] {
  if (uris.length > MOST_URIS) return [{ pointer, detail: `At most ${MOST_URIS} addresses.` }];
  return uris.flatMap((uri) => {
    const detail = rule(uri);
    return detail === undefined ? [] : [{ pointer, detail: `"${uri.slice(0, 100)}": ${detail}` }];
  });
}

function permissionProblems(
  identity: 'user' | 'tenant',
  { required, optional }: RequestedPermissions,
  app: App,
  catalogue: Catalogue,
): FieldProblem[] {
  const inBoth = optional
    .filter((name) => required.includes(name))
    .map((name) => ({ pointer: `/permissions/${identity}/optional`, detail: `"${name.slice(0, 100)}" is required already.` }));
  const unfit = Object.entries({ required, optional }).flatMap(([list, names]) =>
    names.flatMap((name) => {
      const detail = nameProblem(name, identity, app, catalogue);
      return detail === undefined ? [] : [{ pointer: `/permissions/${identity}/${list}`, detail: `"${name.slice(0, 100)}" ${detail}` }];
    }),
  );
  return [...inBoth, ...unfit];
}

function nameProblem(name: string, identity: 'user' | 'tenant', app: App, catalogue: Catalogue): string | undefined {
  if (name === SHARED_ACCESS) return 'is not asked for: set sharedAccess, and each person decides.';
  if ((PROTOCOL_SCOPES as readonly string[]).includes(name)) return 'belongs to the protocol: every app may ask for it, no version declares it.';
  if (isResourcePermission(name)) return 'is declared under resources.';
  const permission = catalogue.find(name);
  if (!permission) return 'is not in the catalogue of permissions.';
  if (!permission.listedApps && app.owner === null) return "is only for a tenant's own app.";
  return permission.identities.includes(identity) ? undefined : `does not exist for ${identity} identity.`;
}
