import { approvalKey } from '#src/approvals/approval-store.ts';
import { checkAvailability } from '#src/approvals/check-approval.ts';
import { allowedPermissions } from '#src/approvals/decide.ts';
import type { Deps } from '#src/deps.ts';
import { AppError, type FieldProblem } from '#src/errors.ts';
import { happened, type Actor, type Happening } from '#src/events.ts';
import type { AppId, TenantId } from '#src/ids.ts';
import { nameOf, type ResourceRef } from '#src/resources/resource.ts';
import { asRead, type Expectation } from '#src/storage/record-store.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { expectEntitled, managesApps } from '#src/tenants/entitlement.ts';

import { sameDataRange, type DataRange, type Installation } from './installation.ts';
import { installationKey } from './installation-records.ts';
import { readInstalledApp, type InstallationDeps, type InstalledApp } from './installed-app.ts';

/** Which installation, and which version of it was looked at. */
export interface Named {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly ifVersion?: number | undefined;
}

interface Next {
  readonly change: Partial<Installation>;
  readonly what?: (installation: Installation) => Happening;
  readonly expect?: readonly Expectation[];
}

/**
 * By somebody who may manage apps, which has to be so in the commit too (xA5), and only while it stands: an app that
 * was removed from the tenant has nothing here any more.
 */
function change(
  deps: InstallationDeps,
  { tenant, app, ifVersion }: Named,
  actor: Actor,
  decide: (installation: Installation, facts: InstalledApp) => Next | Promise<Next>,
): Promise<Installation> {
  return changeStanding(deps.store, installationKey(tenant, app), ifVersion, async ({ value: installation, version }) => {
    const [entitled, facts] = await Promise.all([mayManage(deps, tenant, actor), readInstalledApp(deps, tenant, app)]);
    if (!facts.installation) throw new AppError('not_found');
    if (facts.installation.version !== version) throw new AppError('conflict');
    const next = await decide(installation, facts);
    const now = deps.clock();
    const value: Installation = { ...installation, ...next.change, updatedAt: new Date(now).toISOString() };
    const events = next.what ? [happened(next.what(value), { actor, now })] : [];
    return { value, expect: [...entitled, ...(next.expect ?? [])], events };
  });
}

/** An app may give up what it holds; nobody but a member with `apps.manage` or the operator may do more. */
const mayManage = (deps: Deps, tenant: TenantId, actor: Actor): Promise<readonly Expectation[]> =>
  actor.kind === 'app' ? Promise.resolve([]) : expectEntitled(deps, tenant, actor, managesApps);

const about = ({ id, tenant, app }: Installation) => ({ tenant, app, installation: id });

/**
 * What the app holds from now on (S14): anything that it holds already, and anything that the tenant's approval and
 * rules give without asking more. Of the nodes that it holds, those stay that `resources` names; more are given only where the
 * app asks for them. Tokens follow in the moment of the commit.
 */
export const changePermissions = (
  deps: InstallationDeps,
  { permissions, resources, ...named }: Named & { permissions: readonly string[]; resources?: readonly ResourceRef[] | undefined },
  actor: Actor,
): Promise<Installation> =>
  change(deps, named, actor, (installation, { app, approvalRecord }) => {
    const wanted = [...new Set(permissions)];
    const added = wanted.filter((name) => !installation.permissions.includes(name));
    const allowed = app && actor.kind !== 'app' ? allowedPermissions('tenant', app) : [];
    const fields = added
      .filter((name) => !allowed.includes(name))
      .map((name): FieldProblem => ({ pointer: '/permissions', detail: `"${name.slice(0, 100)}" is more than this app may hold here.` }));
    if (fields.length > 0) throw new AppError('invalid_request', { fields });
    const held = installation.resources ?? [];
    const kept = resources ? held.filter((node) => resources.some((ref) => nameOf(ref) === nameOf(node))) : held;
    const same = added.length === 0 && wanted.length === installation.permissions.length && kept.length === held.length;
    const onNodes = held.length > 0 ? { resources: kept } : {};
    return {
      change: { permissions: wanted, ...onNodes },
      ...(!same && { what: (after: Installation): Happening => ({ type: 'permissions.changed', ...about(after), permissions: wanted, ...onNodes }) }),
      // What is added has to be allowed still when it is written.
      expect: added.length === 0 ? [] : [asRead(approvalKey(named.tenant, named.app), approvalRecord)],
    };
  });

/** Where the app's tenant tokens reach from now on; live tokens follow at once (L6). */
export const changeDataRange = (
  deps: InstallationDeps,
  { dataRange, ...named }: Named & { dataRange: DataRange },
  actor: Actor,
): Promise<Installation> =>
  change(deps, named, actor, async (installation) => {
    const next = await checkedDataRange(deps, named.tenant, dataRange);
    return {
      change: { dataRange: next },
      ...(!sameDataRange(next, installation.dataRange) && {
        what: (after: Installation): Happening => ({ type: 'data_range.changed', ...about(after) }),
      }),
    };
  });

const setStatus = (deps: InstallationDeps, named: Named, status: Installation['status'], actor: Actor): Promise<Installation> =>
  change(deps, named, actor, (installation) => ({
    change: { status },
    ...(status !== installation.status && {
      what: (after: Installation): Happening => ({
        type: status === 'suspended' ? 'installation.suspended' : 'installation.resumed',
        ...about(after),
      }),
    }),
  }));

/** No tenant token of the app works in the tenant until it is resumed. Asked for twice, it is written twice. */
export const suspendInstallation = (deps: InstallationDeps, named: Named, actor: Actor): Promise<Installation> =>
  setStatus(deps, named, 'suspended', actor);

export const resumeInstallation = (deps: InstallationDeps, named: Named, actor: Actor): Promise<Installation> =>
  setStatus(deps, named, 'active', actor);

/** The range without repeats; `invalid_request` when it names a group or a member that there is not. */
export async function checkedDataRange(deps: Deps, tenant: TenantId, range: DataRange): Promise<DataRange> {
  const found = await checkAvailability(deps, tenant, range.kind === 'all' ? { kind: 'everyone' } : range, '/dataRange');
  return found.kind === 'some' ? found : { kind: 'all' };
}
