import type { Log } from '#src/log.ts';

import type { WebMiddleware } from './web-context.ts';

/** One line for each request. Never the query string, a header or a body: they hold codes, cookies and passwords. */
export function accessLog(log: Log): WebMiddleware {
  // The fields are these few, so none is looked at for whether its name is a secret's: that would cost more than the rest of the line.
  const lines = log.child({}, { redact: [] });
  return async (ctx, next) => {
    const begun = performance.now();
    try {
      await next();
    } finally {
      lines.info(
        {
          request: ctx.state.requestId,
          method: ctx.method,
          path: ctx.path.slice(0, 200),
          status: ctx.status,
          ms: Math.round((performance.now() - begun) * 10) / 10,
          from: ctx.state.address,
        },
        'request',
      );
    }
  };
}
