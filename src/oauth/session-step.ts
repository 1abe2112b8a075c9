/**
 * The library gives every browser a session of its own, saves it and sets its cookie with each answer. Here a session is
 * made and ended in `sign-in/`, and so is its cookie: an answer that was long under way must not take away the session of
 * who signed in meanwhile. So the library's step is replaced by one that only reads. Providers take the lists over when
 * they are made, which this module is imported before.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';

import { authorizationSteps, placeOfStep, resumeSteps } from './provider-internals.ts';

interface LibrarySession {
  resetIdentifier(): void;
}

async function readSession(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  const { Session } = ctx.oidc.provider as unknown as { Session: { get(ctx: object): Promise<LibrarySession> } };
  const session = await Session.get(ctx);
  // On the way back from a page the library would give it another cookie.
  session.resetIdentifier = () => {};
  Object.assign(ctx.oidc, { session });
  return next();
}

for (const steps of [authorizationSteps, resumeSteps]) steps.splice(placeOfStep(steps, 'sessionHandler'), 1, readSession);
