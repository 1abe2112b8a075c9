import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type AppId, type TenantId } from '#src/ids.ts';
import { displayNote } from '#src/names.ts';
import { commitAnew } from '#src/storage/change-record.ts';
import { asRead, put, unchanged, type StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { expectEntitled } from '#src/tenants/entitlement.ts';
import { liveGroupsOf } from '#src/tenants/group-members.ts';
import { findMember } from '#src/tenants/member-store.ts';

import { readAppFacts, type AppFacts, type ApprovalDeps } from './app-facts.ts';
import { countAsk } from './ask-limits.ts';
import { covers, IDENTITIES, isEmpty, union, type PermissionsByIdentity } from './check-approval.ts';
import { decide, isShut, mayUse, type Decision } from './decide.ts';
import { expiryOf, type Review, type ReviewCause, type ReviewRequest } from './review.ts';
import { openReviewKey, readOpenReview, reviewKey } from './review-store.ts';

export interface ReviewAsk {
  readonly tenant: TenantId;
  readonly app: AppId;
  /** What is wished for; what needs no review is left out. */
  readonly permissions: PermissionsByIdentity;
  readonly cause: ReviewCause;
  /** In the asker's words; may be empty. */
  readonly reason: string;
  /** Where the asker goes on once it is approved: a path of ours, which the page makes sure of before it leads there. */
  readonly resume: string | null;
}

/** Distinct answers (L13). `blocked` names what was asked for and will not be put to anybody. */
export type AskOutcome =
  | { readonly is: 'requested' | 'joined' | 'asked_before'; readonly review: Review; readonly blocked: readonly Decision[] }
  | { readonly is: 'nothing_to_ask'; readonly blocked: readonly [] }
  | { readonly is: 'blocked'; readonly blocked: readonly Decision[] };

const MOST_ASKERS = 200;
const LONGEST_PATH = 2000;

/**
 * Puts to the tenant's reviewers what needs them. There is one open review for each app in a tenant: who asks while it
 * is open joins it. The actor is the member who asks, the app itself, or Assent.
 */
export async function requestReview(deps: ApprovalDeps, ask: ReviewAsk, actor: Actor): Promise<AskOutcome> {
  const { tenant, app } = ask;
  const reason = displayNote(ask.reason, '/reason');
  const resume = ask.resume?.startsWith('/') && ask.resume.length <= LONGEST_PATH ? ask.resume : null;
  return commitAnew<AskOutcome>(deps.store, async () => {
    const entitled = actor.kind === 'app' ? [] : await expectEntitled(deps, tenant, actor, () => true);
    const facts = await readAppFacts(deps, tenant, app);
    const { wanted, blocked, byOwner } = await sortOut(deps, ask, facts, actor);
    if (wanted === undefined) return { result: blocked.length > 0 ? { is: 'blocked', blocked } : { is: 'nothing_to_ask', blocked: [] } };

    const now = deps.clock();
    const at = new Date(now).toISOString();
    const { slot, open: before } = await readOpenReview(deps, tenant, app);
    const mine = actor.kind === 'user' ? before?.value.requests.find(({ user }) => user === actor.id) : undefined;
    const askedBefore = before !== undefined && (actor.kind !== 'user' || mine !== undefined) && covers(before.value.permissions, wanted);
    if (askedBefore && actor.kind !== 'user') return { result: { is: 'asked_before', review: before.value, blocked } };

    const counted = await countAsk(deps, tenant, actor, { alreadyIn: mine !== undefined });
    const request = actor.kind === 'user' ? [{ user: actor.id, at: mine?.at ?? at, reason: reason || (mine?.reason ?? ''), resume: resume ?? mine?.resume ?? null, times: (mine?.times ?? 0) + 1 }] : [];
    const review = before ? joined(before, request, { wanted, byOwner, version: facts.standing.version.id }) : opened(ask, request, { wanted, byOwner, facts, now });
    const key = reviewKey(tenant, review.id);
    const what = { tenant, app, review: review.id };
    return {
      change: {
        shard: shardOf(tenant),
        expect: [...entitled, ...facts.expect, asRead(openReviewKey(tenant, app), slot), ...(before ? [unchanged(before)] : []), ...counted.expect],
        write: [
          put(key, review, { tenant }),
          put(openReviewKey(tenant, app), { review: review.id }, { tenant, expiresAt: Date.parse(review.expiresAt) }),
          ...counted.write,
        ],
        events: askedBefore ? [] : [happened({ type: before ? 'review.joined' : 'review.requested', ...what }, { actor, now })],
        durable: true,
      },
      result: { is: askedBefore ? 'asked_before' : before ? 'joined' : 'requested', review, blocked },
    };
  });
}

/** What of the wish is put to the reviewers: `undefined` when nothing has to be. */
async function sortOut(
  deps: ApprovalDeps,
  { tenant, permissions }: ReviewAsk,
  { standing }: AppFacts,
  actor: Actor,
): Promise<{ wanted: PermissionsByIdentity | undefined; blocked: readonly Decision[]; byOwner: boolean }> {
  const decisions = IDENTITIES.flatMap((identity) => [...new Set(permissions[identity])].map((name) => decide(name, identity, standing)));
  const blocked = decisions.filter(({ treatment }) => treatment === 'block');
  if (standing.approval?.status === 'blocked') return { wanted: undefined, blocked, byOwner: false };
  // Who is outside its availability, or asks for what was taken back, asks for the app as a whole.
  const member = actor.kind === 'user' ? await findMember(deps, tenant, actor.id) : undefined;
  const outside = member !== undefined && !mayUse({ ...member, groups: await liveGroupsOf(deps, member) }, standing);
  const asksForApp = isShut(standing.approval) || outside;
  const kept = decisions.filter(({ treatment }) => treatment === 'review' || (asksForApp && treatment === 'auto'));
  const of = (identity: string) => kept.filter((each) => each.identity === identity).map((each) => each.permission);
  const wanted = { user: of('user'), tenant: of('tenant') };
  const none = isEmpty(wanted) && (!asksForApp || blocked.length > 0);
  return { wanted: none ? undefined : wanted, blocked, byOwner: kept.some(({ byOwner }) => byOwner) };
}

interface Asked {
  readonly wanted: PermissionsByIdentity;
  readonly byOwner: boolean;
}

const opened = (
  { tenant, app, cause }: ReviewAsk,
  requests: readonly ReviewRequest[],
  { wanted, byOwner, facts, now }: Asked & { readonly facts: AppFacts; readonly now: number },
): Review => ({
  id: newId('review'),
  tenant,
  app,
  version: facts.standing.version.id,
  cause,
  permissions: wanted,
  byOwner,
  status: 'open',
  requests,
  decision: null,
  createdAt: new Date(now).toISOString(),
  expiresAt: expiryOf(now),
  remindedAt: null,
});

function joined(
  { value: review }: StoredRecord<Review>,
  [request]: readonly ReviewRequest[],
  { wanted, byOwner, version }: Asked & { readonly version: Review['version'] },
): Review {
  const isNew = request !== undefined && !review.requests.some(({ user }) => user === request.user);
  if (isNew && review.requests.length >= MOST_ASKERS) {
    throw new AppError('too_many_requests', { detail: 'Many people asked for this app already; the reviewers know.' });
  }
  return {
    ...review,
    version,
    permissions: union(review.permissions, wanted),
    byOwner: review.byOwner || byOwner,
    requests: isNew ? [...review.requests, request] : review.requests.map((each) => (each.user === request?.user ? request : each)),
  };
}
