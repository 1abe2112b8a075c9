import type { Catalogue } from '#src/apps/catalogue.ts';
import { decide, type AppInTenant, type Because } from '#src/approvals/decide.ts';
import type { Review } from '#src/approvals/review.ts';
import type { Identity } from '#src/approvals/rules.ts';

/**
 * How one permission of an app stands in a tenant (L13). `approved`: whoever it is for can give it now.
 * `approval_required`: nobody has been asked yet.
 */
export const PERMISSION_STATES = ['granted', 'approved', 'in_review', 'denied', 'approval_required', 'blocked'] as const;
export type PermissionState = (typeof PERMISSION_STATES)[number];

export interface StandingPermission {
  readonly permission: string;
  readonly identity: Identity;
  readonly required: boolean;
  readonly state: PermissionState;
  readonly because: Because;
  /** Only an owner can approve it. */
  readonly byOwner: boolean;
}

export interface PermissionFacts {
  readonly app: AppInTenant;
  /** What is granted already: by the installation, and by the grant of the member in question. */
  readonly held: Readonly<Record<Identity, readonly string[]>>;
  /** The review that is open, and the one that was decided last. */
  readonly open: Review | undefined;
  readonly last: Review | undefined;
}

export function standingOf(permission: string, identity: Identity, facts: PermissionFacts): StandingPermission {
  const { treatment, because, byOwner } = decide(permission, identity, facts.app);
  const required = facts.app.version.permissions[identity].required.includes(permission);
  const say = (state: PermissionState): StandingPermission => ({ permission, identity, required, state, because, byOwner });
  if (treatment === 'block') return say('blocked');
  if (treatment === 'auto') return say(facts.held[identity].includes(permission) ? 'granted' : 'approved');
  if (facts.open?.permissions[identity].includes(permission)) return say('in_review');
  return say(wasDenied(facts.last, permission, identity) ? 'denied' : 'approval_required');
}

const wasDenied = (last: Review | undefined, permission: string, identity: Identity): boolean =>
  last !== undefined &&
  (last.status === 'denied' || last.status === 'approved') &&
  last.permissions[identity].includes(permission) &&
  !last.decision?.granted[identity].includes(permission);

/** Every permission that the version declares and the catalogue still has: user identity first, required ones first. */
export const standingPermissions = (facts: PermissionFacts): StandingPermission[] =>
  (['user', 'tenant'] as const).flatMap((identity) => {
    const { required, optional } = facts.app.version.permissions[identity];
    return [...required, ...optional].filter((name) => isInCatalogue(facts.app.catalogue, name)).map((name) => standingOf(name, identity, facts));
  });

const isInCatalogue = (catalogue: Catalogue, name: string): boolean => catalogue.find(name) !== undefined;
