import type { AppInTenant } from '#src/approvals/decide.ts';
import { effectiveResources, effectiveScope, grantStands, installationScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import type { Installation } from '#src/installations/installation.ts';
import type { Member } from '#src/tenants/member.ts';

import type { AppSide } from './can.ts';

/** What the app holds for a member, of the grant as far as it counts; nothing where there is none. */
export function sideOfGrant(grant: Grant | undefined, member: Member, app: AppInTenant): AppSide {
  const standing = grant && grantStands(grant, member, app) ? grant : undefined;
  return {
    identity: 'user',
    connected: standing !== undefined,
    permissions: standing ? effectiveScope(standing.permissions, standing, app) : [],
    nodes: effectiveResources(standing?.resources, 'user', app),
    appOnly: false,
  };
}

/** What the app holds as itself, nobody being there. */
export const sideOfInstallation = (installation: Installation, app: AppInTenant): AppSide => ({
  identity: 'tenant',
  connected: true,
  permissions: installationScope(installation, app),
  nodes: effectiveResources(installation.resources, 'tenant', app),
  appOnly: app.version.appOnly === true,
});
