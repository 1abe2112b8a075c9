import { findApp, registerApp } from '#src/apps/app-store.ts';
import { createVersion, publishVersion } from '#src/apps/version-store.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { approveApp } from '#src/approvals/change-approval.ts';
import { generationOf } from '#src/approvals/decide.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { DataRange, Installation } from '#src/installations/installation.ts';
import { installationChange, readInstallation } from '#src/installations/installation-store.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { ada, northwind, system, type Domain } from '#test/support/domain.ts';

/** As the consent flow leaves it: the change alone, without a code. */
export async function install(
  { deps }: Pick<Domain, 'deps'>,
  app: AppId,
  { tenant = northwind, user = ada, permissions = ['meetings:read'], dataRange = { kind: 'all' } as DataRange, applicants = [] as UserId[] } = {},
): Promise<Installation> {
  const [before, member, { approval }, version] = await Promise.all([
    readInstallation(deps, tenant, app),
    findMember(deps, tenant, user),
    readApprovalFacts(deps, tenant, app),
    liveVersion(deps, app),
  ]);
  if (!member) throw new Error('Only a member can install an app');
  const { installation, ...change } = installationChange(
    { tenant, permissions, dataRange, basis: { membership: member.membership, installation: before?.version ?? null } },
    { before, app, version, user, applicants, generation: generationOf(approval), now: deps.clock() },
  );
  const result = await deps.store.commit({ shard: shardOf(tenant), ...change });
  if (!result.ok) throw new Error('Somebody else installed it in this moment');
  return installation;
}

async function liveVersion(deps: Domain['deps'], app: AppId) {
  const version = (await findApp(deps, app))?.liveVersion;
  if (!version) throw new Error('The app has no version in use');
  return version;
}

/** An app that may ask, for the tenant, for one permission of each level. */
export async function makeApp({ deps }: Pick<Domain, 'deps'>, { owner = null, listed = owner === null, name = 'Scheduler Pro' }: { owner?: TenantId | null; listed?: boolean; name?: string } = {}): Promise<AppId> {
  const { app } = await registerApp(
    deps,
    { name, tagline: 'Finds the time', developer: { name: 'Tidy Hours Ltd', uri: null, verified: true }, authMethod: 'client_secret_basic', owner, listed },
    system,
  );
  const { id: version } = await createVersion(
    deps,
    {
      app: app.id,
      redirectUris: ['https://app.example/callback'],
      permissions: {
        user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read'] },
        tenant: { required: ['meetings:read'], optional: ['meetings:write', 'directory:read'] },
      },
    },
    system,
  );
  await publishVersion(deps, { app: app.id, version }, system);
  return app.id;
}

export const approve = ({ deps }: Pick<Domain, 'deps'>, app: AppId, tenantPermissions: readonly string[], tenant = northwind) =>
  approveApp(deps, { tenant, app, permissions: { user: [], tenant: tenantPermissions }, availability: { kind: 'everyone' } }, system);
