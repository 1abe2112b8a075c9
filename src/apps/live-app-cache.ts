import { LRUCache } from 'lru-cache';

import type { Deps } from '#src/deps.ts';
import type { AppId } from '#src/ids.ts';

import type { LiveApp } from './app.ts';
import { findLiveApp } from './app-store.ts';

/** Below the second that is promised, so that an answer which is under way for a while keeps the promise too. */
const LONGEST_MS = 900;
const MOST = 5000;

export interface LiveApps {
  /** At most a second old, counted from before it was read (law 3). Not for deciding on a revocation. */
  find(id: AppId): Promise<LiveApp | undefined>;
  /** The process that changed an app sees the change at once. */
  forget(id: AppId): void;
}

/** Unknown apps are not kept: what was just registered is found. Age is counted by a clock that is never set back. */
export function createLiveApps(deps: Deps): LiveApps {
  const kept = new LRUCache<AppId, LiveApp>({ max: MOST, ttl: LONGEST_MS, ttlResolution: 0 });
  let forgotten = 0;
  return {
    async find(id) {
      const found = kept.get(id);
      if (found) return found;
      const [start, before] = [performance.now(), forgotten];
      const live = await findLiveApp(deps, id);
      // What was read before an app changed is not to be kept after it.
      if (live && before === forgotten) kept.set(id, live, { start });
      return live;
    },
    forget(id) {
      forgotten += 1;
      kept.delete(id);
    },
  };
}
