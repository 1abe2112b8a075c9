import type { AudienceForm } from '#src/approvals/audience-form.ts';
import { decide, generationOf, type Decision } from '#src/approvals/decide.ts';
import { mayReview } from '#src/approvals/who-reviews.ts';
import type { MembershipId } from '#src/ids.ts';
import type { Installation } from '#src/installations/installation.ts';

import type { ChosenTenant, ConsentFacts } from './consent-view.ts';
import { nodeParts, type HeldNodes, type NodePart } from './node-part.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import type { SortedScopes } from './requested-scopes.ts';
import { reviewLines, type ReviewLine } from './review-line.ts';

export interface TenantLine extends PermissionLine {
  /** The tenant has to approve it, and this person's yes does that. */
  readonly approving: boolean;
}

/** What the app asks of the tenant. */
export interface TenantPart {
  readonly required: readonly TenantLine[];
  readonly optional: readonly TenantLine[];
  readonly held: readonly PermissionLine[];
  /** To be chosen. */
  readonly nodes: readonly NodePart[];
  /** Chosen before. */
  readonly heldNodes: readonly HeldNodes[];
  readonly inReview: readonly ReviewLine[];
  readonly blocked: readonly PermissionLine[];
  readonly approving: readonly string[];
  readonly installed: boolean;
  /** Whose data the app may reach, as choices; none for somebody who may not choose. */
  readonly dataRange: AudienceForm | undefined;
  readonly basis: { readonly membership: MembershipId; readonly installation: number | null };
}

/** One that was given under an earlier generation of the approval is over. */
export const standingInstallation = ({ installation, standing }: ChosenTenant): Installation | undefined =>
  installation?.value.generation === generationOf(standing.approval) ? installation.value : undefined;

/** Whether this person may decide in the same step: whoever manages apps and is one of the reviewers. */
export const mayDecide =
  ({ member, capabilities, standing }: ChosenTenant) =>
  ({ byOwner }: Pick<Decision, 'byOwner'>): boolean =>
    capabilities.includes('apps.manage') && mayReview({ byOwner }, standing.rules, { member, capabilities });

export function tenantPart(facts: ConsentFacts, chosen: ChosenTenant, sorted: SortedScopes): TenantPart {
  const { catalogue, person } = facts;
  const installation = standingInstallation(chosen);
  const lines = (names: readonly string[]): TenantLine[] =>
    permissionLines(names, catalogue).map((line) => ({ ...line, approving: sorted.approving.includes(line.scopes[0] ?? '') }));
  return {
    required: lines(sorted.required),
    optional: lines(sorted.optional),
    held: permissionLines(sorted.held, catalogue),
    ...nodeParts(facts, chosen, sorted),
    inReview: reviewLines(sorted.inReview, 'tenant', { catalogue, reviews: chosen.reviews, user: person.id }),
    blocked: permissionLines(sorted.blocked, catalogue),
    approving: sorted.approving,
    installed: installation !== undefined,
    dataRange: chosen.dataRange,
    basis: { membership: chosen.member.membership, installation: chosen.installation?.version ?? null },
  };
}

/** The approval has to allow these, with what it allows already, for an installation to hold them. */
export function approvedWith({ standing }: Pick<ChosenTenant, 'standing'>, added: readonly string[]) {
  const { approval } = standing;
  const before = approval?.status === 'approved' ? approval.permissions : { user: [], tenant: [] };
  // What the version in use no longer declares cannot be approved anew; what is in the approval of it is without effect.
  const approvable = (identity: 'user' | 'tenant') =>
    before[identity].filter((name) => decide(name, identity, { ...standing, approval: undefined }).treatment !== 'block');
  return { user: approvable('user'), tenant: [...new Set([...approvable('tenant'), ...added])] };
}
