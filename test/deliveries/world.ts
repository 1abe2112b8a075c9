import { join } from 'node:path';

import type { EventReader, ReaderDeps } from '#src/deliveries/event-reader.ts';
import { hearEvents } from '#src/deliveries/hear-events.ts';
import { mailReader } from '#src/deliveries/mail/mail-reader.ts';
import type { Post } from '#src/deliveries/mail/mail.ts';
import { startDeliveries } from '#src/deliveries/start-deliveries.ts';
import { reviewersOf } from '#src/approvals/who-reviews.ts';
import { unavailable } from '#src/storage/unavailable.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { createViews } from '#src/http/views.ts';
import type { Domain } from '#test/support/domain.ts';
import { projectRoot } from '#test/support/web.ts';

export const ISSUER = 'https://id.example';

/** One server's deliveries, whose storage the test can take away. */
export interface DeliveringServer {
  readonly store: RecordStore;
  readonly logged: { level: string; message: string }[];
  /** From now on no call to storage succeeds, as for a process that was cut off; `back` ends it. */
  cutOff(): void;
  back(): void;
  stop(): Promise<void>;
}

export function startServer({ deps }: Domain, readerOf: (deps: ReaderDeps) => EventReader): DeliveringServer {
  const logged: { level: string; message: string }[] = [];
  const note = (level: string) => (_: object, message: string) => void logged.push({ level, message });
  const log = { info: note('info'), warn: note('warn'), error: note('error') };
  let reachable = true;
  const guarded = <A extends unknown[], T>(call: (...args: A) => Promise<T>) => async (...args: A): Promise<T> => {
    if (!reachable) throw unavailable('made to fail');
    return call(...args);
  };
  const inner = deps.store;
  const { store, onEvents } = hearEvents({
    ...inner,
    read: guarded(inner.read as (...keys: never[]) => Promise<never>) as RecordStore['read'],
    commit: guarded(inner.commit),
    scan: guarded(inner.scan) as RecordStore['scan'],
    follow: guarded(inner.follow),
  });
  const own = { ...deps, store, log, tempo: { leaseRoundMs: 100, stopMs: 1000 } };
  const deliveries = startDeliveries({ ...own, onEvents, readers: [readerOf(own)], periodically: [] });
  return {
    store,
    logged,
    cutOff: () => void (reachable = false),
    back: () => void (reachable = true),
    stop: () => deliveries.stop(),
  };
}

export const mailReaderFor = (post: Post) => (deps: ReaderDeps): EventReader =>
  mailReader({
    ...deps,
    post,
    views: createViews(join(projectRoot, 'views'), { checkFields: true }),
    issuer: ISSUER,
    platformName: 'Northlight',
    reviewersOf: async (review) => (await reviewersOf(deps, review)).people.map(({ user }) => user),
    pages: { decide: ({ tenant, id }) => `/admin/${tenant}/reviews/${id}`, request: ({ tenant, id }) => `/requests/${tenant}/${id}` },
  });
