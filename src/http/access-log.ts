import type { WebMiddleware } from './web-context.ts';

/** One line for each request. Never the query string, a header or a body: they hold codes, cookies and passwords. */
export const accessLog: WebMiddleware = async (ctx, next) => {
  const begun = performance.now();
  try {
    await next();
  } finally {
    ctx.state.log.info(
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
