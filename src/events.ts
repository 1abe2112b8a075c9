import { randomUUIDv7 } from 'node:crypto';

import { trailsOf } from './event-trails.ts';
import type { AppId, ContextId, DelegationId, GrantId, GroupId, InstallationId, JobId, ReviewId, SessionId, TenantId, UserId, VersionId } from './ids.ts';
import type { ResourceGrant, ResourceRef, Right } from './resources/resource.ts';
import { requestOrigin, type RequestOrigin } from './request-origin.ts';

/**
 * Everything that can happen, as one union. An event is appended in the commit that made it so (law 5); the audit
 * trail, webhooks, mail and security signals are readers of it. No event carries a secret.
 */
export type Happening =
  | { type: 'tenant.created'; tenant: TenantId; name: string }
  | { type: 'tenant.updated'; tenant: TenantId }
  | { type: 'member.added'; tenant: TenantId; user: UserId; role: string }
  | { type: 'member.updated'; tenant: TenantId; user: UserId; role: string; status: 'active' | 'inactive' }
  | { type: 'member.removed'; tenant: TenantId; user: UserId }
  | { type: 'role.created' | 'role.updated' | 'role.removed'; tenant: TenantId; role: string }
  | { type: 'group.created' | 'group.updated' | 'group.removed'; tenant: TenantId; group: GroupId }
  | { type: 'group.member_added' | 'group.member_removed'; tenant: TenantId; group: GroupId; user: UserId }
  | { type: 'delegation.given' | 'delegation.changed'; tenant: TenantId; delegation: DelegationId; giver: UserId; receiver: UserId; permissions: readonly string[] }
  | { type: 'delegation.ended'; tenant: TenantId; delegation: DelegationId; giver: UserId; receiver: UserId; by: 'giver' | 'receiver' | 'admin' }
  | { type: 'user.created' | 'user.updated' | 'user.password_changed'; tenant: null; user: UserId }
  | { type: 'user.signed_in'; tenant: null; user: UserId; session: SessionId }
  | { type: 'user.signed_out'; tenant: null; user: UserId; session: SessionId | 'all' }
  | { type: 'app.registered' | 'app.updated' | 'app.disabled' | 'app.enabled' | 'app.secret_added' | 'app.secret_removed'; tenant: null; app: AppId }
  | { type: 'app.version_created' | 'app.version_updated' | 'app.version_submitted' | 'app.version_returned' | 'app.version_published'; tenant: null; app: AppId; version: VersionId }
  | { type: 'app.authorized'; tenant: TenantId; app: AppId; user: UserId; grant: GrantId; permissions: readonly string[]; resources?: readonly ResourceGrant[] }
  | { type: 'app.deauthorized'; tenant: TenantId; app: AppId; user: UserId; grant: GrantId }
  | { type: 'permissions.changed'; tenant: TenantId; app: AppId; user: UserId; grant: GrantId; permissions: readonly string[]; resources?: readonly ResourceGrant[] }
  | { type: 'app.installed'; tenant: TenantId; app: AppId; user: UserId; installation: InstallationId; permissions: readonly string[]; applicants: readonly UserId[]; resources?: readonly ResourceGrant[] }
  // Without `installation`: all that the app had in the tenant, the members' grants too.
  | { type: 'app.uninstalled'; tenant: TenantId; app: AppId; installation?: InstallationId }
  | { type: 'installation.suspended' | 'installation.resumed'; tenant: TenantId; app: AppId; installation: InstallationId }
  | { type: 'permissions.changed'; tenant: TenantId; app: AppId; installation: InstallationId; permissions: readonly string[]; resources?: readonly ResourceGrant[] }
  | { type: 'data_range.changed'; tenant: TenantId; app: AppId; installation: InstallationId }
  | { type: 'permission.retired'; tenant: TenantId | null; app: AppId; permission: string; identity: 'user' | 'tenant' }
  | { type: 'shared_access.granted' | 'shared_access.revoked'; tenant: TenantId; app: AppId; user: UserId; grant: GrantId }
  | { type: 'tokens.revoked'; tenant: TenantId; app: AppId; user?: UserId; grant?: GrantId; installation?: InstallationId; reason: 'code_replayed' | 'refresh_token_replayed' | 'revoked_by_app' }
  | { type: 'rules.changed'; tenant: TenantId }
  | { type: 'approval.given'; tenant: TenantId; app: AppId; userPermissions: readonly string[]; tenantPermissions: readonly string[] }
  | { type: 'approval.withdrawn' | 'approval.blocked' | 'approval.unblocked'; tenant: TenantId; app: AppId }
  | { type: 'review.requested' | 'review.joined' | 'review.denied' | 'review.blocked' | 'review.expired'; tenant: TenantId; app: AppId; review: ReviewId }
  | { type: 'review.approved'; tenant: TenantId; app: AppId; review: ReviewId; userPermissions: readonly string[]; tenantPermissions: readonly string[] }
  | { type: 'review.about_to_expire'; tenant: TenantId; app: AppId; review: ReviewId; daysLeft: number }
  | { type: 'context.opened'; tenant: TenantId; context: ContextId; kind: string }
  | { type: 'context.ended'; tenant: TenantId; context: ContextId }
  | { type: 'context.member_joined' | 'context.member_left'; tenant: TenantId; context: ContextId; user?: UserId; guest?: string; role: string }
  | { type: 'context.role_changed'; tenant: TenantId; context: ContextId; user?: UserId; guest?: string; role: string; before: string }
  | { type: 'resource.registered' | 'resource.updated' | 'resource.recycled' | 'resource.restored' | 'resource.deleted'; tenant: TenantId; kind: string; resource: string }
  | { type: 'resource.moved'; tenant: TenantId; kind: string; resource: string; parent: ResourceRef | null }
  | { type: 'resource_right.given'; tenant: TenantId; kind: string; resource: string; user: UserId; right: Right }
  | { type: 'resource_right.removed'; tenant: TenantId; kind: string; resource: string; user: UserId }
  | { type: 'app.revocation_started'; tenant: null; app: AppId; job: JobId }
  | { type: 'app.revocation_finished'; tenant: null; app: AppId; job: JobId; tenants: number }
  | { type: 'signing_key.removed'; tenant: null; kid: string }
  | { type: 'signing_key.rotated'; tenant: null; signing: readonly string[] }
  | { type: 'context.owner_invited'; tenant: TenantId; context: ContextId; app: AppId; user: UserId; owners: readonly UserId[] }
  | { type: 'operator.created' | 'operator.removed'; tenant: null; operator: string }
  | { type: 'resource_server.registered' | 'resource_server.updated' | 'resource_server.removed'; tenant: null; resourceServer: string };

/** Who did it: a person, an app, an operator's credential, or Assent itself. */
export type Actor =
  | { kind: 'user'; id: UserId }
  | { kind: 'app'; id: AppId }
  | { kind: 'operator'; id: string }
  | { kind: 'system' };

export type AssentEvent = Happening & {
  /** A UUIDv7: unique, and sortable by time. */
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: Actor;
  /** Whence the request came that did it; not for apps. Absent for what Assent did by itself. */
  readonly from?: RequestOrigin;
  readonly trails?: readonly string[];
};

export const happened = (what: Happening, { actor, now }: { actor: Actor; now: number }): AssentEvent => ({
  ...what,
  id: randomUUIDv7(),
  at: new Date(now).toISOString(),
  actor,
  ...fromTheRequest(),
  trails: trailsOf(what, actor),
});

function fromTheRequest(): { from?: RequestOrigin } {
  const from = requestOrigin();
  return from ? { from } : {};
}
