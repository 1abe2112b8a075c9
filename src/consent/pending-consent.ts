import type { Exchange, PendingRequest } from '#src/sign-in/pending-request.ts';

import type { ConsentAnswer } from './consent-answer.ts';

/**
 * Pending requests as the consent page sees them; `oauth/` implements it. Answers are addresses to redirect to (303).
 * A request opened in another browser or by another person, expired or already answered is `interaction_expired`.
 */
export interface PendingConsents {
  find(exchange: Exchange, uid: string): Promise<PendingRequest>;
  consented(exchange: Exchange, uid: string, answer: ConsentAnswer): Promise<string>;
  refused(
    exchange: Exchange,
    uid: string,
    reason: { error: 'access_denied' | 'invalid_scope'; description: string },
  ): Promise<string>;
}
