import type { Deps } from '#src/deps.ts';
import type { AppId, GrantId, InstallationId, TenantId } from '#src/ids.ts';
import type { Log } from '#src/log.ts';
import { defineKind, put, type Key, type Shard, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

/** What an app acts through: a grant for its user tokens, an installation for its tenant tokens. */
export interface Used {
  readonly tenant: TenantId;
  readonly id: GrantId | InstallationId;
  /** Whose it is: when the app was used last in the tenant, by whomever, is written beside it. */
  readonly app?: AppId;
}

/** Costs a request nothing but a place in memory. */
export type NoteUse = (used: Used) => void;

export interface UseNotes {
  readonly noteUse: NoteUse;
  /** Writes what was noted until now. Meant for the end of a server; in between, time does it. */
  stop(): Promise<void>;
}

/**
 * Apart from the grant and under its id: nothing is bound to its version, it decides nothing, and written late for a
 * grant that is gone it stands there for nobody until it expires.
 */
const LAST_USE = defineKind<{ readonly at: string }>('last-use', { schema: 1 });

type UseKey = Key<{ readonly at: string }>;

const lastUseKey = ({ tenant, id }: Used): UseKey => ({ shard: shardOf(tenant), kind: LAST_USE, id });
const appKey = (tenant: TenantId, app: AppId): UseKey => ({ shard: shardOf(tenant), kind: LAST_USE, id: JSON.stringify([tenant, app]) });

const KEPT_MS = 400 * 86_400_000;
const MOST_NOTED = 50_000;
const MOST_IN_A_COMMIT = 500;

interface Noted extends Used {
  readonly at: number;
}

/**
 * Notes in memory when each grant and installation was used last, and writes it down every `everyMs`. Several servers
 * write the same record: whose word is the last, it is at most that much too early. What storage does not take is
 * forgotten, as the next use says it again.
 */
export function startUseNotes(deps: Deps & { readonly log: Log }, everyMs: number): UseNotes {
  const { store, clock, log } = deps;
  let noted = new Map<string, Noted>();
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    const uses = [...noted.values()];
    noted = new Map();
    try {
      for (const [shard, writes] of byShard(uses)) {
        for (let first = 0; first < writes.length; first += MOST_IN_A_COMMIT) {
          await store.commit({ shard, write: writes.slice(first, first + MOST_IN_A_COMMIT) });
        }
      }
    } catch (err) {
      log.warn({ err }, 'when some grants were used last could not be written down');
    }
  };
  const flush = (): Promise<void> => {
    writing ??= write().finally(() => (writing = undefined));
    return writing;
  };

  const timer = setInterval(() => void flush(), everyMs).unref();
  return {
    noteUse({ tenant, id, app }) {
      // Far more than are used in a minute: rather some times are not known than memory is full.
      if (noted.size >= MOST_NOTED && !noted.has(id)) return void flush();
      noted.set(id, { tenant, id, ...(app !== undefined && { app }), at: clock() });
    },
    async stop() {
      clearInterval(timer);
      await writing;
      await flush();
    },
  };
}

/** Each, and each app in each tenant with the latest of its own. */
function byShard(uses: readonly Noted[]): Map<Shard, Write[]> {
  const lines = new Map<string, { readonly key: UseKey; readonly tenant: TenantId; readonly at: number }>();
  for (const { tenant, id, app, at } of uses) {
    for (const key of app === undefined ? [lastUseKey({ tenant, id })] : [lastUseKey({ tenant, id }), appKey(tenant, app)]) {
      lines.set(key.id, { key, tenant, at: Math.max(at, lines.get(key.id)?.at ?? 0) });
    }
  }
  const writes = new Map<Shard, Write[]>();
  for (const { key, tenant, at } of lines.values()) {
    const line = put(key, { at: new Date(at).toISOString() }, { tenant, expiresAt: at + KEPT_MS });
    const there = writes.get(key.shard);
    if (there) there.push(line);
    else writes.set(key.shard, [line]);
  }
  return writes;
}

/** When each was used last (ISO 8601), by id; one that never was, or more than a year ago, is not in it. */
export async function lastUses({ store }: Deps, used: readonly Used[]): Promise<ReadonlyMap<string, string>> {
  const records = await store.read(...used.map(lastUseKey));
  return new Map(records.flatMap((record) => (record ? [[record.key.id, record.value.at] as const] : [])));
}

/** When each app was used last in the tenant, by whomever. */
export async function lastUsesOfApps({ store }: Deps, tenant: TenantId, apps: readonly AppId[]): Promise<ReadonlyMap<AppId, string>> {
  const records = await store.read(...apps.map((app) => appKey(tenant, app)));
  return new Map(apps.flatMap((app, place) => (records[place] ? [[app, records[place].value.at] as const] : [])));
}
