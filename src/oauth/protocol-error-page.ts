import type { KoaContextWithOIDC } from 'oidc-provider';

import { ERRORS } from '#src/errors.ts';
import { render } from '#src/http/render.ts';
import type { WebContext } from '#src/http/web-context.ts';

/** What a person can make of the errors that come up in their browser; for the rest the library's description is shown. */
const SENTENCES: Readonly<Record<string, string>> = {
  invalid_client: 'The app that sent you here is not known, or is switched off.',
  invalid_redirect_uri: 'The app that sent you here named an address to return to that is not registered for it.',
  invalid_request_uri: 'This request has expired or was already used.',
  session_not_found: ERRORS.interaction_expired.sentence,
  temporarily_unavailable: ERRORS.storage_unavailable.sentence,
  server_error: ERRORS.internal_error.sentence,
};

/**
 * The page for an authorization request that must not be sent back to the app: its client or its redirect URI is not
 * one that was registered (RFC 6749 section 4.1.2.1, xP4). It shows nothing that the request brought along.
 */
export function showProtocolError(
  protocol: KoaContextWithOIDC,
  out: { error: string; error_description?: string },
  error: Error,
): void {
  const ctx = protocol as unknown as WebContext;
  const name = error.constructor.name === 'SessionNotFound' ? 'session_not_found' : out.error;
  const ours = ctx.status >= 500;
  // Errors that nobody expected are logged for all endpoints alike: see `protocolEndpoints`.
  if (ours && out.error !== 'server_error') ctx.state.log.error({ request: ctx.state.requestId, err: error }, 'an OAuth request failed');
  const title = ours ? 'Not available just now' : 'This request cannot go on';
  render(
    ctx,
    'error',
    {
      title,
      sentence: SENTENCES[name] ?? 'The app that sent you here made a request that is not valid.',
      next: ours ? null : { href: '/apps', label: 'Find an app' },
      detail: SENTENCES[name] === undefined ? (out.error_description ?? '') : '',
      requestId: ctx.state.requestId,
      ours,
    },
    { title },
  );
}
