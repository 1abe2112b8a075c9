import type { Version } from '#src/apps/app.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { AppInTenant } from '#src/approvals/decide.ts';
import { effectiveScope, grantStands, installationScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Installation } from '#src/installations/installation.ts';
import { holdsRight, RIGHTS, type ResourceGrant } from '#src/resources/resource.ts';
import type { Member } from '#src/tenants/member.ts';

import type { AppSide } from './can.ts';

/** Granted rights on nodes, each as far as the version in use still asks for it (I4). */
export function declaredNodes(granted: readonly ResourceGrant[] | undefined, version: Version, identity: Identity): ResourceGrant[] {
  const asked = version.resources?.[identity] ?? [];
  return (granted ?? []).flatMap((grant) => {
    const right = RIGHTS.findLast((each) => holdsRight(grant.right, each) && asked.some(({ kind, right: upTo }) => kind === grant.kind && holdsRight(upTo, each)));
    return right === undefined ? [] : [{ ...grant, right }];
  });
}

/** What the app holds for a member, of the grant as far as it counts; nothing where there is none. */
export function sideOfGrant(grant: Grant | undefined, member: Member, app: AppInTenant): AppSide {
  const standing = grant && grantStands(grant, member, app) ? grant : undefined;
  return {
    identity: 'user',
    connected: standing !== undefined,
    permissions: standing ? effectiveScope(standing.permissions, standing, app) : [],
    nodes: declaredNodes(standing?.resources, app.version, 'user'),
    appOnly: false,
  };
}

/** What the app holds as itself, nobody being there. */
export const sideOfInstallation = (installation: Installation, app: AppInTenant): AppSide => ({
  identity: 'tenant',
  connected: true,
  permissions: installationScope(installation, app),
  nodes: declaredNodes(installation.resources, app.version, 'tenant'),
  appOnly: app.version.appOnly === true,
});
