import type { ContextId, MembershipId, TenantId, UserId } from '#src/ids.ts';
import type { ResourceRef } from '#src/resources/resource.ts';

/** Something people are in together, a meeting say. Its kind, with roles and methods, stands in `config/contexts.yaml`. */
export interface Context {
  /** Cannot be guessed; nothing else brings its members together (R9). */
  readonly id: ContextId;
  readonly tenant: TenantId;
  readonly kind: string;
  readonly title: string;
  /** What people dial or type. It is used again, so it is never a key. */
  readonly number: string | null;
  /** Where its files are, say. */
  readonly resource: ResourceRef | null;
  readonly status: 'open' | 'ended';
  readonly createdAt: string;
  readonly endedAt: string | null;
}

/** Somebody in a context, with a role of its kind. */
export interface ContextMember {
  readonly tenant: TenantId;
  readonly context: ContextId;
  /** A member of the tenant, or the name that the platform has for a guest. */
  readonly person: { readonly user: UserId; readonly membership: MembershipId } | { readonly guest: string };
  readonly role: string;
  readonly joinedAt: string;
}
