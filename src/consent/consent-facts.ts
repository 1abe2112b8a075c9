import { audienceForm, draftOf } from '#src/approvals/audience-form.ts';
import { findLiveApp } from '#src/apps/app-store.ts';
import type { LiveApp } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { asksForGroups, generationOf, type AppInTenant } from '#src/approvals/decide.ts';
import type { Review } from '#src/approvals/review.ts';
import { openReview, reviewsOfApp } from '#src/approvals/review-store.ts';
import { reviewersOf } from '#src/approvals/who-reviews.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { TenantId, UserId } from '#src/ids.ts';
import { asAudience } from '#src/installations/data-range-form.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { appManagersOf } from '#src/tenants/app-managers.ts';
import { liveDelegationsTo } from '#src/tenants/delegation-store.ts';
import { entitlementOf, managesApps } from '#src/tenants/entitlement.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';
import { findUser, usersByIds } from '#src/tenants/user-store.ts';

import { chooseTenant, type Membership } from './choose-tenant.ts';
import type { ConsentDraft } from './consent-draft.ts';
import type { ChosenTenant, ConsentFacts } from './consent-view.ts';
import { currentGrant } from './grant-store.ts';
import { grantStands } from './effective-permissions.ts';
import { needsOwner } from './hindrance.ts';
import type { KnownReviews } from './review-line.ts';
import { resourceChoices } from './resource-choices.ts';
import type { ReceivedDelegation } from './shared-access-offer.ts';

export interface ConsentFactsDeps extends Deps {
  readonly catalogue: Catalogue;
  readonly resourceKinds: ResourceKinds;
}

export interface Wanted {
  /** The tenant in the address or in the form. */
  readonly tenant: string | undefined;
  /** What the person filled in so far. */
  readonly draft?: ConsentDraft | undefined;
}

/** Everything that the page is made from, for the tenant that is wanted or the one that the app named. */
export async function consentFacts(deps: ConsentFactsDeps, request: PendingRequest, { tenant, draft }: Wanted): Promise<ConsentFacts> {
  const { app, user } = request;
  if (user === undefined) throw new AppError('interaction_expired');
  const [person, memberships, live] = await Promise.all([findUser(deps, user), tenantsOf(deps, user), findLiveApp(deps, app)]);
  if (person === undefined || person.status !== 'active') throw new AppError('interaction_expired');
  if (live === undefined || live.app.status !== 'active') throw new AppError('app_disabled');

  const facts = { request, person, memberships, live, catalogue: deps.catalogue, draft };
  const membership = chooseTenant(memberships, tenant ?? request.tenantHint);
  const chosen = membership && (await factsOfTenant(deps, request, membership, { live, user, draft }));
  return { ...facts, chosen };
}

async function factsOfTenant(
  deps: ConsentFactsDeps,
  request: PendingRequest,
  { tenant, member }: Membership,
  { live, user, draft }: { live: LiveApp; user: UserId; draft: ConsentDraft | undefined },
): Promise<ChosenTenant | undefined> {
  const app = live.app.id;
  const [entitlement, { slotVersion, grant }, received, approvals, installation, reviews] = await Promise.all([
    entitlementOf(deps, tenant.id, user),
    currentGrant(deps, tenant.id, user, app),
    live.version.sharedAccess && request.identity !== 'tenant' ? receivedDelegations(deps, tenant.id, user) : [],
    readApprovalFacts(deps, tenant.id, app),
    request.identity === 'user' ? undefined : readInstallation(deps, tenant.id, app),
    knownReviews(deps, tenant.id, app),
  ]);
  // Not a member any more, between two reads: as if never chosen.
  if (entitlement?.member.membership !== member.membership) return undefined;
  const standing: AppInTenant = { ...live, rules: approvals.rules, approval: approvals.approval, catalogue: deps.catalogue };
  const byOwner = needsOwner(request, standing, reviews.open);
  const before = installation?.value.dataRange ?? { kind: 'all' };
  const [reviewers, managers, dataRange] = await Promise.all([
    reviewersOf(deps, { tenant: tenant.id, byOwner }),
    request.identity === 'user' ? [] : appManagersOf(deps, tenant.id),
    request.identity === 'user' || !managesApps(entitlement)
      ? undefined
      : audienceForm(deps, tenant, draft?.dataRange ?? draftOf(asAudience(before))),
  ]);
  const present = asksForGroups(standing) ? await withLiveGroups(deps, entitlement.member) : entitlement.member;
  const stands = installation?.value.generation === generationOf(approvals.approval);
  const resources = await resourceChoices(deps, request, {
    member: present,
    standing,
    given: {
      user: (request.manner === 'merge' && grant && grantStands(grant, present, standing) && grant.resources) || [],
      tenant: (stands && installation?.value.resources) || [],
    },
    draft,
  });
  return {
    tenant,
    member: present,
    resources,
    capabilities: entitlement.capabilities,
    slotVersion,
    grant,
    received,
    standing,
    approvalVersion: approvals.approvalRecord?.version ?? null,
    reviews,
    needsOwner: byOwner,
    reviewers: reviewers.people.map(({ name }) => name),
    managers,
    installation: installation && { version: installation.version, value: installation.value },
    dataRange,
  };
}

const RECENT_REVIEWS = 10;

export async function knownReviews(deps: Deps, tenant: TenantId, app: Review['app']): Promise<KnownReviews> {
  const [open, decided] = await Promise.all([
    openReview(deps, tenant, app),
    reviewsOfApp(deps, tenant, app, 'decided', { limit: RECENT_REVIEWS }),
  ]);
  return { open: open?.value, decided: decided.records.map(({ value }) => value) };
}

export async function receivedDelegations(deps: Deps, tenant: TenantId, user: UserId): Promise<readonly ReceivedDelegation[]> {
  const delegations = await liveDelegationsTo(deps, tenant, user);
  const givers = await usersByIds(deps, delegations.map(({ giver }) => giver));
  return delegations.map((delegation) => ({ delegation, giverName: givers.get(delegation.giver)?.name ?? '' }));
}
