import { AppError } from '#src/errors.ts';
import type { RecordStore } from '#src/storage/record-store.ts';

export interface Failure {
  /** The call that fails, counted from 1 over all methods that touch storage. */
  readonly at: number;
  /** `before`: it never happened. `after`: it took effect and only the answer is lost. */
  readonly when: 'before' | 'after';
  /** Every later call fails too, as if the process had lost its store for good. */
  readonly forGood?: boolean;
}

export interface FailingStore {
  readonly store: RecordStore;
  /** Calls made so far: run once with `at: Infinity` to learn how many there are to fail. */
  calls(): number;
}

/** A store whose k-th call fails: for showing that the invariants hold wherever a process dies. */
export function failingStore(inner: RecordStore, { at, when, forGood = false }: Failure): FailingStore {
  let calls = 0;
  const failure = (): AppError => new AppError('storage_unavailable', { logDetail: `made to fail at call ${at}, ${when} it took effect` });

  async function pass<T>(call: () => Promise<T>): Promise<T> {
    calls += 1;
    const mine = calls;
    if ((mine === at && when === 'before') || (forGood && mine > at)) throw failure();
    const answer = await call();
    if (mine === at) throw failure();
    return answer;
  }

  return {
    store: {
      read: ((...keys: never[]) => pass(() => inner.read(...keys))) as RecordStore['read'],
      commit: (change) => pass(() => inner.commit(change)),
      scan: (query) => pass(() => inner.scan(query)),
      follow: (shard, after, limit) => pass(() => inner.follow(shard, after, limit)),
      trail: (query) => pass(() => inner.trail(query)),
      forget: (shard, entries) => pass(() => inner.forget(shard, entries)),
      check: () => inner.check(),
      close: () => inner.close(),
    },
    calls: () => calls,
  };
}
