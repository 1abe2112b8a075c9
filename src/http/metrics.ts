import { collectDefaultMetrics, Histogram, Registry } from '@prometheus-io/client';

import type { WebMiddleware } from './web-context.ts';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface Metrics {
  /** Times every request. Its labels have few values: never ids, never addresses. */
  readonly measure: WebMiddleware;
  readonly answer: WebMiddleware;
}

/** `/metrics` in the Prometheus format. Put it behind the operator's network: it tells how busy the platform is. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'assent_request_duration_seconds',
    help: 'How long answers took, by part of Assent, method and status class.',
    labelNames: ['part', 'method', 'status'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return {
    async measure(ctx, next) {
      const begun = performance.now();
      try {
        await next();
      } finally {
        const seconds = (performance.now() - begun) / 1000;
        durations.observe({ part: ctx.state.manner, method: ctx.method, status: `${Math.floor(ctx.status / 100)}xx` }, seconds);
      }
    },
    async answer(ctx) {
      ctx.type = registry.contentType;
      ctx.body = await registry.metrics();
    },
  };
}
