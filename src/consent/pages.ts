import { requestPath, reviewPath } from '#src/approvals/review-paths.ts';
import { AppError, ERRORS } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { openCursor, sealCursor } from '#src/http/cursor.ts';
import { allowFormActionTo, allowImageFrom } from '#src/http/headers.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { knowSignedIn } from '#src/sign-in/signed-in.ts';

import type { ConsentDraft } from './consent-draft.ts';
import { consentFacts, type ConsentFactsDeps } from './consent-facts.ts';
import { parseConsentInput, type ConsentInput } from './consent-input.ts';
import { consentView, type ConsentFacts, type ConsentView } from './consent-view.ts';
import { decideConsent, type ConsentOutcome } from './decide-consent.ts';
import { giveConsent, putToReviewers } from './give-consent.ts';
import type { NodePart } from './node-part.ts';
import type { PendingConsents } from './pending-consent.ts';
import { plain } from './phrase.ts';
import type { NodeDraft } from './resource-choices.ts';
import { shownDigest } from './shown-digest.ts';

export interface ConsentPagesDeps extends ConsentFactsDeps {
  readonly pendingConsents: PendingConsents;
  /** Keys the digests of what was shown. */
  readonly consentKey: Uint8Array;
}

const uidOf = (ctx: WebContext): string => ctx['params'].uid;
const pathOf = (uid: string): string => `/consent/${encodeURIComponent(uid)}`;
const purposeOf = (uid: string): string => `consent:${uid}`;

/** The consent page: `GET` shows it, for the tenant in the query if there is one; `POST` answers it. */
export function consentPages(deps: ConsentPagesDeps): WebRouter {
  const router = createRouter();

  router.get('/consent/:uid', knowSignedIn(deps), async (ctx) => {
    const request = await deps.pendingConsents.find(ctx, uidOf(ctx));
    if (request.waitsFor === 'sign-in') return redirectTo(ctx, `/sign-in/${encodeURIComponent(request.uid)}`);
    if (!isTheirs(ctx, request)) return showNotTheirs(ctx, request);
    const { tenant } = ctx.query;
    show(deps, ctx, await consentFacts(deps, request, { tenant: typeof tenant === 'string' ? tenant : undefined }));
  });

  router.post('/consent/:uid', knowSignedIn(deps), async (ctx) => {
    const request = await deps.pendingConsents.find(ctx, uidOf(ctx));
    if (!isTheirs(ctx, request)) return showNotTheirs(ctx, request);
    const input = parseConsentInput(await postedForm(ctx, purposeOf(request.uid)));
    if (input.decision === 'search') {
      const draft = withOpenCursors(deps, request, input.draft);
      return show(deps, ctx, await consentFacts(deps, request, { ...input, draft }));
    }
    const facts = await consentFacts(deps, request, { tenant: input.tenant, draft: 'draft' in input ? input.draft : undefined });
    const view = consentView(facts);
    await act(deps, ctx, { facts, input }, decideConsent(view, digestOf(deps, facts, view), input));
  });

  return router;
}

interface Posted {
  readonly facts: ConsentFacts;
  readonly input: ConsentInput;
}

async function act(deps: ConsentPagesDeps, ctx: WebContext, posted: Posted, outcome: ConsentOutcome): Promise<void> {
  const { facts } = posted;
  const { request, chosen } = facts;
  switch (outcome.is) {
    case 'given': {
      const answer = chosen && (await asFilledIn(deps, ctx, posted, () => giveConsent(deps, facts, chosen, outcome)));
      if (answer === 'shown') return;
      if (answer === undefined) return showChanged(deps, ctx, posted);
      return redirectTo(ctx, await deps.pendingConsents.consented(ctx, request.uid, answer));
    }
    case 'asked': {
      const review = chosen && (await asFilledIn(deps, ctx, posted, () => putToReviewers(deps, request, { tenant: chosen.tenant.id, ...outcome }, { kind: 'user', id: facts.person.id })));
      if (review === 'shown') return;
      return review === undefined ? showChanged(deps, ctx, posted) : redirectTo(ctx, placeOf(facts, review));
    }
    case 'refused': {
      const reason = { error: 'access_denied', description: outcome.description } as const;
      return redirectTo(ctx, await deps.pendingConsents.refused(ctx, request.uid, reason));
    }
    case 'changed':
      return showChanged(deps, ctx, posted);
    case 'unclear':
      return showFilledIn(deps, ctx, posted, { status: ERRORS.invalid_request.status, notice: outcome.notice });
    case 'invalid':
      throw new AppError('invalid_request', { detail: outcome.detail, fields: [outcome] });
  }
}

/** Who can decide on it goes straight there, everybody else to the page of their request. */
function placeOf(facts: ConsentFacts, review: Parameters<typeof requestPath>[0]): string {
  const view = consentView(facts);
  const decidesSelf = view.page === 'hindered' && view.ask?.decidesSelf;
  return decidesSelf ? reviewPath(review) : requestPath(review);
}

/** What a person can put right is said on the page, with everything as they filled it in. */
async function asFilledIn<T>(deps: ConsentPagesDeps, ctx: WebContext, posted: Posted, work: () => Promise<T>): Promise<T | 'shown'> {
  try {
    return await work();
  } catch (problem) {
    if (!(problem instanceof AppError) || !['invalid_request', 'too_many_requests'].includes(problem.code)) throw problem;
    const notice = problem.fields?.[0]?.detail ?? problem.detail ?? problem.entry.sentence;
    await showFilledIn(deps, ctx, posted, { status: problem.entry.status, notice });
    return 'shown';
  }
}

async function showFilledIn(deps: ConsentPagesDeps, ctx: WebContext, { facts, input }: Posted, { status, notice }: { status: number; notice: string }): Promise<void> {
  ctx.status = status;
  const draft = 'draft' in input ? input.draft : undefined;
  show(deps, ctx, await consentFacts(deps, facts.request, { tenant: input.tenant, draft }), notice);
}

/** From what is stored now: the choices are to be made anew, on what is read anew. */
async function showChanged(deps: ConsentPagesDeps, ctx: WebContext, { facts, input }: Posted): Promise<void> {
  ctx.status = ERRORS.consent_changed.status;
  show(deps, ctx, await consentFacts(deps, facts.request, { tenant: input.tenant }), ERRORS.consent_changed.sentence);
}

/** A request is bound to one person; the session of this browser may have become another's meanwhile (xC2). */
const isTheirs = (ctx: WebContext, request: PendingRequest): boolean =>
  request.waitsFor === 'consent' && request.user !== undefined && ctx.state.signedIn?.user.id === request.user;

function showNotTheirs(ctx: WebContext, request: PendingRequest): void {
  ctx.status = ERRORS.interaction_expired.status;
  const person = ctx.state.signedIn?.user.email ?? null;
  render(ctx, 'consent/not-yours', { person, restartPath: request.restartPath }, { title: 'Start again' });
}

/** A list of nodes goes on where its own page ended, for the same words; anything else begins it anew. */
const listOf = ({ uid }: PendingRequest, field: string, query: string): string => JSON.stringify([uid, field, query]);

function withOpenCursors({ consentKey: key }: ConsentPagesDeps, request: PendingRequest, draft: ConsentDraft): ConsentDraft {
  const opened = (field: string, node: NodeDraft): NodeDraft => {
    if (node.after === undefined) return node;
    try {
      return { ...node, after: openCursor(node.after, { list: listOf(request, field, node.query), key }) };
    } catch {
      return { ...node, after: undefined };
    }
  };
  return { ...draft, nodes: Object.fromEntries(Object.entries(draft.nodes ?? {}).map(([field, node]) => [field, opened(field, node)])) };
}

function withSealedCursors({ consentKey: key }: ConsentPagesDeps, request: PendingRequest, view: ConsentView): ConsentView {
  if (view.page !== 'ask') return view;
  const sealed = <P extends { readonly nodes: readonly NodePart[] }>(part: P | undefined): P | undefined =>
    part && { ...part, nodes: part.nodes.map((node) => ({ ...node, next: node.next && sealCursor(node.next, { list: listOf(request, node.field, node.query), key }) })) };
  return { ...view, user: sealed(view.user), installation: sealed(view.installation) };
}

const digestOf = ({ consentKey }: ConsentPagesDeps, facts: ConsentFacts, view: ConsentView): string | undefined =>
  view.page === 'ask' || view.page === 'hindered' ? shownDigest(consentKey, facts.request, facts.live, view) : undefined;

const TEMPLATES = { ask: 'consent/consent', hindered: 'consent/hindered', 'no-tenant': 'consent/dead-end', 'unknown-tenant': 'consent/dead-end' } as const;

function show(deps: ConsentPagesDeps, ctx: WebContext, facts: ConsentFacts, notice = ''): void {
  const { request } = facts;
  const view = consentView(facts);
  allowFormActionTo(ctx, request.redirectUri);
  if (view.app.logo !== undefined) allowImageFrom(ctx, view.app.logo);
  const form = {
    action: pathOf(request.uid),
    csrf: csrfToken(ctx, purposeOf(request.uid)),
    shown: digestOf(deps, facts, view),
    notice,
    signOutCsrf: csrfToken(ctx, 'sign-out'),
    restartPath: request.restartPath,
  };
  render(ctx, TEMPLATES[view.page], { ...withSealedCursors(deps, request, view), ...form }, { title: plain(view.heading) });
}
