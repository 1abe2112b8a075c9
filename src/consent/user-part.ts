import type { MembershipId } from '#src/ids.ts';

import type { ChosenTenant, ConsentFacts } from './consent-view.ts';
import { grantStands } from './effective-permissions.ts';
import type { Grant } from './grant.ts';
import { nodeParts, type HeldNodes, type NodePart } from './node-part.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import type { SortedScopes } from './requested-scopes.ts';
import { reviewLines, type ReviewLine } from './review-line.ts';
import { sharedAccessOffer, type SharedAccessOffer } from './shared-access-offer.ts';

/** What the app asks of the person themselves. */
export interface UserPart {
  readonly required: readonly PermissionLine[];
  readonly optional: readonly PermissionLine[];
  readonly held: readonly PermissionLine[];
  /** What the yes takes from the app, when it replaces what the app holds. */
  readonly replaced: { readonly manner: 'create' | 'replace'; readonly lost: readonly PermissionLine[]; readonly sharedAccess: boolean } | undefined;
  /** To be chosen. */
  readonly nodes: readonly NodePart[];
  /** Chosen before. */
  readonly heldNodes: readonly HeldNodes[];
  readonly inReview: readonly ReviewLine[];
  readonly blocked: readonly PermissionLine[];
  readonly sharedAccess: SharedAccessOffer | undefined;
  /** Allowed before, with nobody to share anything just now: it stays, and is told. */
  readonly sharedAccessHeld: boolean;
  readonly duration: string;
  readonly basis: { readonly membership: MembershipId; readonly grantSlot: number | null };
}

/**
 * A grant of an earlier stay in the tenant, of an earlier approval, or of an app that is not there for the person any
 * more counts as none: everything is asked anew (xT6, xA7).
 */
export const standingGrant = ({ grant, member, standing }: ChosenTenant): Grant | undefined =>
  grant && grantStands(grant, member, standing) ? grant : undefined;

/** What a yes adds to; one that replaces adds to nothing. */
export const heldBefore = ({ request }: ConsentFacts, chosen: ChosenTenant): Grant | undefined =>
  request.manner === 'merge' ? standingGrant(chosen) : undefined;

const CHOSEN_BEFORE: PermissionLine = { scopes: ['nodes'], title: 'Reach what you chose for it before', explanation: '', sensitive: false };

function replacedBy({ request: { manner, scopes }, catalogue }: ConsentFacts, chosen: ChosenTenant): UserPart['replaced'] {
  const grant = standingGrant(chosen);
  if (manner === 'merge' || !grant) return undefined;
  const lost = permissionLines(grant.permissions.filter((name) => !scopes.includes(name)), catalogue);
  return { manner, lost: grant.resources ? [...lost, CHOSEN_BEFORE] : lost, sharedAccess: grant.sharedAccess };
}

const duration = (scopes: readonly string[]): string =>
  scopes.includes('offline_access')
    ? 'Until you take it back, also while you are signed out.'
    : 'Until you take it back. While you are signed out, the app soon loses its access.';

export function userPart(facts: ConsentFacts, chosen: ChosenTenant, sorted: SortedScopes): UserPart {
  const { live, catalogue, person } = facts;
  const grant = heldBefore(facts, chosen);
  const sharedAccess = sharedAccessOffer(live.version, chosen.received, grant, catalogue);
  return {
    required: permissionLines(sorted.required, catalogue),
    optional: permissionLines(sorted.optional, catalogue),
    held: permissionLines(sorted.held, catalogue),
    replaced: replacedBy(facts, chosen),
    ...nodeParts(facts, chosen, sorted),
    inReview: reviewLines(sorted.inReview, 'user', { catalogue, reviews: chosen.reviews, user: person.id }),
    blocked: permissionLines(sorted.blocked, catalogue),
    sharedAccess,
    sharedAccessHeld: sharedAccess === undefined && live.version.sharedAccess && (grant?.sharedAccess ?? false),
    duration: duration([...sorted.required, ...sorted.held]),
    basis: { membership: chosen.member.membership, grantSlot: chosen.slotVersion },
  };
}
