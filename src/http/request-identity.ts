import { randomUUIDv7 } from 'node:crypto';
import { isIP } from 'node:net';

import type { Log } from '#src/log.ts';
import { answerFrom } from '#src/request-origin.ts';

import type { Manner, Site, WebMiddleware } from './web-context.ts';

export const nameTheRequest =
  (site: Site, log: Log, mannerOf: (path: string) => Manner): WebMiddleware =>
  (ctx, next) => {
    ctx.state.site = site;
    ctx.state.requestId = randomUUIDv7();
    ctx.state.log = log;
    ctx.state.manner = mannerOf(ctx.path);
    ctx.set('x-request-id', ctx.state.requestId);
    return next();
  };

/**
 * Finds the client's address and forgets everything else that a request says about who asks and where: from here on
 * `Host` and `X-Forwarded-*` hold what Assent itself knows, so that nothing downstream (koa, oidc-provider) can be
 * misled by them (threat xT3).
 */
export const believeOnlyTheProxies = (site: Site, proxies: number): WebMiddleware => {
  const { host, protocol } = new URL(site.origin);
  return (ctx, next) => {
    const { headers, socket } = ctx.req;
    ctx.state.address = clientAddress(headers['x-forwarded-for'], socket.remoteAddress, proxies);
    headers.host = host;
    headers['x-forwarded-proto'] = protocol.slice(0, -1);
    headers['x-forwarded-for'] = ctx.state.address;
    delete headers['x-forwarded-host'];
    delete headers['forwarded'];
    return next();
  };
};

/** For the events of whatever the request does: see `happened`. */
export const rememberItsOrigin: WebMiddleware = ({ state: { manner, address } }, next) =>
  answerFrom({ via: manner === 'protocol' ? 'oauth' : manner, address }, next);

/** Each proxy adds the address that it saw at the right, so with n proxies only the n-th from the right is true. */
export function clientAddress(forwardedFor: string | string[] | undefined, peer: string | undefined, proxies: number): string {
  const claimed = proxies > 0 ? [forwardedFor ?? []].flat().join(',').split(',').at(-proxies)?.trim() : undefined;
  const address = claimed !== undefined && isIP(claimed) !== 0 ? claimed : (peer ?? '');
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
