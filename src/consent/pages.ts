import { AppError, ERRORS } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { allowFormActionTo, allowImageFrom } from '#src/http/headers.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import { knowSignedIn } from '#src/sign-in/signed-in.ts';

import { consentFacts, type ConsentFactsDeps } from './consent-facts.ts';
import { parseConsentInput } from './consent-input.ts';
import { consentView, type ConsentFacts, type ConsentView } from './consent-view.ts';
import { decideConsent } from './decide-consent.ts';
import type { PendingConsents } from './pending-consent.ts';
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
    show(deps, ctx, await consentFacts(deps, request, typeof tenant === 'string' ? tenant : undefined));
  });

  router.post('/consent/:uid', knowSignedIn(deps), async (ctx) => {
    const request = await deps.pendingConsents.find(ctx, uidOf(ctx));
    if (!isTheirs(ctx, request)) return showNotTheirs(ctx, request);
    const input = parseConsentInput(await postedForm(ctx, purposeOf(request.uid)));
    const facts = await consentFacts(deps, request, input.tenant);
    const view = consentView(facts);
    const outcome = decideConsent(view, digestOf(deps, facts, view), input);
    switch (outcome.is) {
      case 'given':
        return redirectTo(ctx, await deps.pendingConsents.consented(ctx, request.uid, {
          tenant: outcome.decision.tenant,
          user: outcome.decision,
          installation: null,
        }));
      case 'refused': {
        const reason = { error: 'access_denied', description: outcome.description } as const;
        return redirectTo(ctx, await deps.pendingConsents.refused(ctx, request.uid, reason));
      }
      case 'changed':
        ctx.status = ERRORS.consent_changed.status;
        return show(deps, ctx, facts, ERRORS.consent_changed.sentence);
      case 'invalid':
        throw new AppError('invalid_request', { detail: outcome.detail, fields: [outcome] });
    }
  });

  return router;
}

/** A request is bound to one person; the session of this browser may have become another's meanwhile (xC2). */
const isTheirs = (ctx: WebContext, request: PendingRequest): boolean =>
  request.waitsFor === 'consent' && request.user !== undefined && ctx.state.signedIn?.user.id === request.user;

function showNotTheirs(ctx: WebContext, request: PendingRequest): void {
  ctx.status = ERRORS.interaction_expired.status;
  const person = ctx.state.signedIn?.user.email ?? null;
  render(ctx, 'consent/not-yours', { person, restartPath: request.restartPath }, { title: 'Start again' });
}

const digestOf = ({ consentKey }: ConsentPagesDeps, facts: ConsentFacts, view: ConsentView): string | undefined =>
  view.page === 'ask' ? shownDigest(consentKey, facts.request, facts.live, view) : undefined;

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
  const template = view.page === 'ask' ? 'consent/consent' : 'consent/dead-end';
  render(ctx, template, { ...view, ...form }, { title: `${view.app.name} ${view.headline}` });
}
