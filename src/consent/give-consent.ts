import { approveApp } from '#src/approvals/change-approval.ts';
import { isEmpty, type PermissionsByIdentity } from '#src/approvals/check-approval.ts';
import { availabilityOf, generationOf } from '#src/approvals/decide.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import type { Review, ReviewCause } from '#src/approvals/review.ts';
import { AppError, type ErrorCode } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import { checkedDataRange } from '#src/installations/change-installation.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';

import type { ConsentAnswer } from './consent-answer.ts';
import type { ConsentFactsDeps } from './consent-facts.ts';
import type { ChosenTenant, ConsentFacts } from './consent-view.ts';
import type { ConsentOutcome } from './decide-consent.ts';
import { approvedWith } from './tenant-part.ts';

type Given = Extract<ConsentOutcome, { is: 'given' }>;

/** `undefined`: what the page was made from changed in the meantime, and nothing was given. */
export type Answer = ConsentAnswer | undefined;

/**
 * What a yes does before it is handed to the protocol, which gives it: the approval of an admin who installs first,
 * then the request to the reviewers. So a crash at any point leaves nothing granted and no request lost: an approval
 * and a request mean nothing without the answer, and sent again the form finds both there and goes on. The other way
 * round the grant would say that something was requested that nobody was ever asked.
 */
export async function giveConsent(deps: ConsentFactsDeps, { request }: ConsentFacts, chosen: ChosenTenant, given: Given): Promise<Answer> {
  const { answer, ask, approve, reason } = given;
  const { tenant, installation, user } = answer;
  const actor: Actor = { kind: 'user', id: chosen.member.user };
  const dataRange = installation && (await checkedDataRange(deps, tenant, installation.dataRange));
  try {
    if (approve.length > 0) await approveToo(deps, request, chosen, approve, actor);
    const asked = isEmpty(ask) || (await askAlong(deps, request, { tenant, ask, reason }, actor));
    if (asked === undefined) return undefined;
    return {
      tenant,
      user: user && (asked ? user : withoutRequest(user, ask.user)),
      installation: installation && dataRange && { ...installation, dataRange },
      generation: generationOf(chosen.standing.approval),
    };
  } catch (problem) {
    if (isChange(problem)) return undefined;
    throw problem;
  }
}

/** Not entitled any more (xA5), or the approval is another one: what is true now is on the page made anew. */
const CHANGES: readonly ErrorCode[] = ['forbidden', 'precondition_failed', 'conflict'];
const isChange = (problem: unknown): boolean => problem instanceof AppError && CHANGES.includes(problem.code);

const approveToo = (deps: ConsentFactsDeps, { app }: PendingRequest, chosen: ChosenTenant, approve: readonly string[], actor: Actor) =>
  approveApp(
    deps,
    {
      tenant: chosen.tenant.id,
      app,
      permissions: approvedWith(chosen, approve),
      availability: availabilityOf(chosen.standing),
      ifVersion: chosen.approvalVersion,
    },
    actor,
  );

interface Along {
  readonly tenant: TenantId;
  readonly ask: PermissionsByIdentity;
  readonly reason: string;
}

/**
 * Whether the reviewers know of it now; `undefined` when there is nothing to ask them any more. Who asked too often
 * today is not kept from the app: what nobody was asked for stays an open question and comes up the next time.
 */
async function askAlong(deps: ConsentFactsDeps, request: PendingRequest, { tenant, ask, reason }: Along, actor: Actor): Promise<boolean | undefined> {
  try {
    return (await putToReviewers(deps, request, { tenant, permissions: ask, reason }, actor)) === undefined ? undefined : true;
  } catch (problem) {
    if (problem instanceof AppError && problem.code === 'too_many_requests') return false;
    throw problem;
  }
}

const withoutRequest = (user: NonNullable<ConsentAnswer['user']>, names: readonly string[]): ConsentAnswer['user'] => ({
  ...user,
  requested: (user.requested ?? []).filter((name) => !names.includes(name)),
});

/** The review that the request is in; `undefined` when there is nothing to ask any more. */
export async function putToReviewers(
  deps: ConsentFactsDeps,
  request: PendingRequest,
  { tenant, permissions, reason }: { tenant: TenantId; permissions: PermissionsByIdentity; reason: string },
  actor: Actor,
): Promise<Review | undefined> {
  const cause: ReviewCause = request.identity === 'user' ? 'request' : 'install';
  const ask = { tenant, app: request.app, permissions, cause, reason, resume: resumePath(request, tenant) };
  const outcome = await requestReview(deps, ask, actor);
  return 'review' in outcome ? outcome.review : undefined;
}

/** Back to where the person stopped, in the tenant that the page was about. */
function resumePath({ restartPath }: PendingRequest, tenant: TenantId): string {
  const url = new URL(restartPath, 'http://here.invalid');
  url.searchParams.set('tenant', tenant);
  return url.pathname + url.search;
}
