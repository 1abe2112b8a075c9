import { withoutKinds } from '#src/apps/resource-permissions.ts';
import { declaredFor } from '#src/approvals/decide.ts';
import { requestReview, type AskOutcome } from '#src/approvals/request-review.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { changePermissions } from '#src/installations/change-installation.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { narrowGrant } from '#src/consent/narrow-grant.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';

import { isKnownTo, readAppStanding, type AppStanding } from './app-standing.ts';

/** As the app itself may know it. A tenant in which it has nothing at all is as one that does not exist. */
export async function ownStanding(deps: InstallationDeps, tenant: TenantId, app: AppId, user?: UserId): Promise<AppStanding> {
  const [there, standing] = await Promise.all([findTenant(deps, tenant), readAppStanding(deps, tenant, app, user)]);
  if (!there || !standing || !(await isKnownTo(deps, tenant, app, standing))) throw new AppError('not_found');
  return standing;
}

export type OwnAsk = 'requested' | 'already_asked' | 'nothing_to_ask' | 'blocked';

const ANSWERS: Readonly<Record<AskOutcome['is'], OwnAsk>> = {
  requested: 'requested',
  joined: 'requested',
  asked_before: 'already_asked',
  nothing_to_ask: 'nothing_to_ask',
  blocked: 'blocked',
};

/**
 * Puts to the tenant's reviewers what the app lacks of these, or of all that it declares. Asking often is refused with
 * `too_many_requests`. A permission that it does not declare is no question.
 */
export async function askForMore(
  deps: InstallationDeps,
  { tenant, app, permissions, reason }: { tenant: TenantId; app: AppId; permissions?: Record<Identity, readonly string[]> | undefined; reason: string },
): Promise<{ answer: OwnAsk; blocked: { permission: string; identity: Identity }[] }> {
  const { app: inTenant } = await ownStanding(deps, tenant, app);
  const wanted = (identity: Identity) => (permissions === undefined ? declaredFor(inTenant.version, identity) : permissions[identity]);
  const outcome = await requestReview(
    deps,
    { tenant, app, permissions: { user: wanted('user'), tenant: wanted('tenant') }, cause: 'app', reason, resume: null },
    { kind: 'app', id: app },
  );
  return { answer: ANSWERS[outcome.is], blocked: outcome.blocked.map(({ permission, identity }) => ({ permission, identity })) };
}

/** What the app gives up, of what it could do without: its optional permissions. Asking for them again starts anew. */
export async function giveUp(
  deps: InstallationDeps,
  { tenant, app, identity, permissions, user }: { tenant: TenantId; app: AppId; identity: Identity; permissions: readonly string[]; user: UserId | undefined },
): Promise<void> {
  const standing = await ownStanding(deps, tenant, app, user);
  const { required } = standing.app.version.permissions[identity];
  const fields = permissions
    .filter((name) => required.includes(name))
    .map((name) => ({ pointer: 'permissions', detail: `"${name.slice(0, 100)}" is required by the version in use.` }));
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  const actor = { kind: 'app', id: app } as const;
  if (identity === 'user') {
    if (!standing.grant) throw new AppError('not_found');
    await narrowGrant(deps, standing.grant.value, permissions, actor);
    return;
  }
  if (!standing.installation) throw new AppError('not_found');
  const left = standing.installation.value.permissions.filter((name) => !permissions.includes(name));
  const kept = withoutKinds(standing.installation.value.resources ?? [], permissions);
  await changePermissions(deps, { tenant, app, permissions: left, resources: kept, ifVersion: standing.installation.version }, actor);
}
