import compose from 'koa-compose';
import type Provider from 'oidc-provider';

import type { WebContext, WebMiddleware } from '#src/http/web-context.ts';

import { ROUTES } from './provider.ts';
import { unitOf } from './unit-of-work.ts';

export const PROTOCOL_PATHS = ['/oauth', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'] as const;

/**
 * oidc-provider's endpoints as one part of the application. RFC 7009 leaves the body of a revocation open, and some
 * common clients parse it as JSON, so it is an empty object.
 */
export function protocolEndpoints(provider: Provider): WebMiddleware {
  // The library answers errors of ours itself, so the edge never sees them.
  provider.on('server_error', (protocol, err) => {
    const { log, requestId } = (protocol as unknown as WebContext).state;
    log.error({ request: requestId, err }, 'an OAuth request failed');
  });
  // The answer to a code or a token tells no more than `invalid_grant`. Whoever runs Assent finds the reason by the answer's `x-request-id`.
  provider.on('grant.error', (protocol, { error, error_description: said, error_detail: detail }) => {
    const { log, requestId } = (protocol as unknown as WebContext).state;
    log.info({ request: requestId, app: protocol.oidc.client?.clientId, error, detail: detail ?? said }, 'a token request was refused');
  });
  const library = compose(provider.middleware as never) as unknown as WebMiddleware;
  return async (ctx, next) => {
    await library(ctx, next);
    const { missing } = unitOf(ctx);
    if (missing && ctx.status >= 400 && typeof ctx.body === 'object') Object.assign(ctx.body as object, { missing });
    if (ctx.path === ROUTES.revocation && ctx.status === 200 && !ctx.body) ctx.body = {};
  };
}
