import type { Catalogue } from '#src/apps/catalogue.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { Review } from '#src/approvals/review.ts';
import { requestPath } from '#src/approvals/review-paths.ts';
import { displayText } from '#src/http/display-text.ts';
import type { UserId } from '#src/ids.ts';

import { permissionLines, type PermissionLine } from './permission-line.ts';

/** The review that is open for the app, and those decided last, the newest first. */
export interface KnownReviews {
  readonly open: Review | undefined;
  readonly decided: readonly Review[];
}

/** What became of this person's own request for a permission; `undefined` when they have to ask (again). */
export interface RequestState {
  readonly is: 'waiting' | 'not_approved';
  readonly review: Review;
}

/** A permission that needs approval. */
export interface ReviewLine extends PermissionLine {
  /** What became of the person's request, or `''`. */
  readonly state: string;
  readonly link: string | null;
}

export function requestState(name: string, identity: Identity, { open, decided }: KnownReviews, user: UserId): RequestState | undefined {
  const isTheirs = (review: Review | undefined): review is Review =>
    review !== undefined && review.permissions[identity].includes(name) && review.requests.some((request) => request.user === user);
  if (isTheirs(open)) return { is: 'waiting', review: open };
  const last = decided.find(isTheirs);
  const refused = last?.status === 'denied' || (last?.status === 'approved' && !last.decision?.granted[identity].includes(name));
  return last && refused ? { is: 'not_approved', review: last } : undefined;
}

function inWords(state: RequestState | undefined): string {
  if (state === undefined) return '';
  if (state.is === 'waiting') return 'You asked for this; nobody has decided yet.';
  const reason = displayText(state.review.decision?.reason ?? '', 200);
  return reason === '' ? 'You asked for this; it was not approved.' : `You asked for this; it was not approved: “${reason}”`;
}

export const reviewLines = (
  names: readonly string[],
  identity: Identity,
  { catalogue, reviews, user }: { catalogue: Catalogue; reviews: KnownReviews; user: UserId },
): readonly ReviewLine[] =>
  permissionLines(names, catalogue).map((line) => {
    const state = requestState(line.scopes[0] ?? '', identity, reviews, user);
    return { ...line, state: inWords(state), link: state ? requestPath(state.review) : null };
  });
