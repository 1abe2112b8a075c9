import { collectDefaultMetrics, Histogram, Registry } from '@prometheus-io/client';

import type { WebContext, WebMiddleware } from './web-context.ts';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export interface Metrics {
  /** Counts an answer, and how long it took. Its labels have few values: never ids, never addresses. */
  readonly note: (ctx: WebContext, ms: number) => void;
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
  /** One for each combination of labels: making them anew for every request would cost more than counting it. */
  const series = new Map<string, { observe(seconds: number): void }>();
  return {
    note({ method, status, state: { manner } }, ms) {
      const name = `${manner} ${method} ${Math.floor(status / 100)}xx`;
      const known = series.get(name) ?? durations.labels(...name.split(' '));
      series.set(name, known);
      known.observe(ms / 1000);
    },
    async answer(ctx) {
      ctx.type = registry.contentType;
      ctx.body = await registry.metrics();
    },
  };
}
