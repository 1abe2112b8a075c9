import type { RecordStore } from '#src/storage/record-store.ts';

import { createRouter, type WebRouter } from './web-context.ts';

/** `/health/live`: the process answers. `/health/ready`: it also reaches storage, which is set up safely (I9). */
export function healthRoutes({ store, isClosing }: { store: RecordStore; isClosing: () => boolean }): WebRouter {
  const router = createRouter();
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/health/ready', async (ctx) => {
    ctx.set('cache-control', 'no-store');
    try {
      if (isClosing()) throw new Error('the server is closing');
      await store.check();
      ctx.body = { status: 'ok' };
    } catch (err) {
      ctx.state.log.warn({ err }, 'not ready');
      ctx.status = 503;
      ctx.body = { status: isClosing() ? 'closing' : 'storage_unavailable' };
    }
  });
  return router;
}
