import type { Log } from '#src/log.ts';

import type { Metrics } from './metrics.ts';
import type { WebMiddleware } from './web-context.ts';

/** The id of a request that waits for a person. What storage keeps of it is sealed with this id, so it is not for the log (I10), in no spelling. */
const WAITING = /^(\/+(?:sign-in|consent|oauth\/+authorize)\/+)[^/]+/i;

const loggedPath = (path: string): string => path.replace(WAITING, '$1[hidden]').slice(0, 200);

/** One line for each request, which is counted too. Never the query string, a header or a body: they hold codes, cookies and passwords. */
export function accessLog(log: Log, note: Metrics['note']): WebMiddleware {
  // The fields are these few, so none is looked at for whether its name is a secret's: that would cost more than the rest of the line.
  const lines = log.child({}, { redact: [] });
  return async (ctx, next) => {
    const begun = performance.now();
    try {
      await next();
    } finally {
      const ms = performance.now() - begun;
      note(ctx, ms);
      lines.info(
        {
          request: ctx.state.requestId,
          method: ctx.method,
          path: loggedPath(ctx.path),
          status: ctx.status,
          ms: Math.round(ms * 10) / 10,
          from: ctx.state.address,
        },
        'request',
      );
    }
  };
}
