/**
 * The storage port. All state of Assent is in records behind it; each domain store is a handful of typed
 * functions on it. Two engines implement it (`sqlite/`, `redis/`), and one contract suite states its laws:
 *
 * 1. One shard, one commit: a change touches one shard and is all or nothing.
 * 2. Expectations: a change says what it expects; if that is not so it changes nothing and names what failed.
 * 3. Reads see every acknowledged commit.
 * 4. Expiry is exact: an expired record is never returned, by key or by index.
 * 5. Events are part of the change: they exist, and stand in their trails, exactly when the change does.
 * 6. Durable means durable: acknowledged only when on disk (and on the configured number of replicas).
 * 7. Every record names its tenant (or none), its schema version and, where it is an artefact, its expiry.
 *
 * Every method may throw `storage_unavailable` (see `#src/errors.ts`). For a commit the outcome is then honestly
 * unknown: it may or may not have happened, and only a later read tells.
 */

/** One of the 256 shards. The Redis hash tag is `{s<number>}`. */
export type Shard = number & { readonly __brand: 'Shard' };

/**
 * What a sort of record is: its name in storage, its schema version, and the index entries that follow from a
 * value. Index entries are derived, never passed in, so they cannot disagree with the record.
 */
export interface RecordKind<T> {
  readonly name: string;
  readonly schema: number;
  indexes(value: T, id: string): readonly IndexEntry[];
}

/** The record is listed in `index`, in the partition `of`, at the place `sort` (compared as UTF-8 bytes). */
export interface IndexEntry {
  readonly index: string;
  readonly of: string;
  readonly sort: string;
}

/** Where a record is. `id` may hold any character; engines make sure that no two keys collide. */
export interface Key<T = unknown> {
  readonly shard: Shard;
  readonly kind: RecordKind<T>;
  readonly id: string;
}

export interface StoredRecord<T = unknown> {
  readonly key: Key<T>;
  readonly value: T;
  /** Unique within the shard for all time: a record removed and made again never shows a version twice. */
  readonly version: number;
  /** The tenant it is bound to, or `null`. */
  readonly tenant: string | null;
  /** Milliseconds since the epoch, or `null` for never. */
  readonly expiresAt: number | null;
  /** When it was consumed, in milliseconds since the epoch, or `null`. */
  readonly consumedAt: number | null;
}

export type Expectation =
  | { readonly key: Key<any>; readonly is: 'absent' }
  | { readonly key: Key<any>; readonly is: 'present' }
  | { readonly key: Key<any>; readonly is: 'unconsumed' }
  | { readonly key: Key<any>; readonly is: 'at'; readonly version: number };

export type Write =
  | {
      readonly do: 'put';
      readonly key: Key<any>;
      readonly value: unknown;
      readonly tenant: string | null;
      readonly expiresAt: number | null;
    }
  /** Marks the record consumed now; its value, expiry and index entries stay. What is absent or consumed stays so. */
  | { readonly do: 'consume'; readonly key: Key<any> }
  | { readonly do: 'remove'; readonly key: Key<any> };

/** What the log holds: plain JSON with an id of its own. `#src/events.ts` says what can happen. */
export interface LogEvent {
  readonly id: string;
  readonly type: string;
  /** The trails of the shard that it stands in; see `trail`. The log does not repeat them. */
  readonly trails?: readonly string[];
}

export interface Change {
  readonly shard: Shard;
  readonly expect?: readonly Expectation[];
  readonly write: readonly Write[];
  readonly events?: readonly LogEvent[];
  /** Revocation, consumption, approval, credential change: see law 6. */
  readonly durable?: boolean;
}

export type CommitResult =
  /** `version` is the version of every record that this commit put. */
  | { readonly ok: true; readonly version: number }
  /** Nothing was changed; these expectations did not hold. */
  | { readonly ok: false; readonly failed: readonly Expectation[] };

export interface IndexQuery<T> {
  readonly shard: Shard;
  readonly kind: RecordKind<T>;
  readonly index: string;
  readonly of: string;
  /** Only entries whose `sort` begins with this. */
  readonly prefix?: string;
  /** The `next` of an earlier page of the same query. */
  readonly after?: string;
  readonly limit: number;
  readonly direction?: 'ascending' | 'descending';
}

export interface Page<T> {
  readonly records: readonly StoredRecord<T>[];
  /** Present when there may be more. Opaque; not a secret, not yet fit for strangers (see `http/cursor.ts`). */
  readonly next: string | undefined;
}

export interface LogEntry<E extends LogEvent = LogEvent> {
  /** Rises by at least one within a shard, in the order of the commits. Between shards it follows the time, to a second. */
  readonly position: number;
  readonly event: E;
}

export interface ForgottenEntry {
  readonly position: number;
  readonly trails: readonly string[];
}

export interface TrailQuery {
  readonly shard: Shard;
  readonly of: string;
  /** Only entries with a smaller position than this. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export type Values<K extends readonly Key<any>[]> = {
  -readonly [I in keyof K]: K[I] extends Key<infer T> ? StoredRecord<T> | undefined : never;
};

export interface RecordStore {
  /** One round trip per shard at most; the answer is in the order of the keys. */
  read<const K extends readonly Key<any>[]>(...keys: K): Promise<Values<K>>;
  commit(change: Change): Promise<CommitResult>;
  scan<T>(query: IndexQuery<T>): Promise<Page<T>>;
  /** Entries of the shard's log with a position greater than `after`, oldest first. */
  follow(shard: Shard, after: number, limit: number): Promise<readonly LogEntry[]>;
  /** The entries of the log that stand in one trail, newest first. Costs as much as it answers with, whatever else the log holds. */
  trail(query: TrailQuery): Promise<readonly LogEntry[]>;
  /** Takes entries out of these trails and then out of the log. After a failure some may stand there still. */
  forget(shard: Shard, entries: readonly ForgottenEntry[]): Promise<void>;
  /** Resolves when storage answered a write and a read just now and its settings are safe; else throws why not. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export const absent = (key: Key<any>): Expectation => ({ key, is: 'absent' });
export const present = (key: Key<any>): Expectation => ({ key, is: 'present' });
export const unconsumed = (key: Key<any>): Expectation => ({ key, is: 'unconsumed' });
/** Still exactly as it was read. */
export const unchanged = (record: StoredRecord<any>): Expectation => ({
  key: record.key,
  is: 'at',
  version: record.version,
});
/** What stands at the key, or nothing, as it was read. */
export const asRead = (key: Key<any>, record: StoredRecord<any> | undefined): Expectation => (record ? unchanged(record) : absent(key));

export const put = <T>(
  key: Key<T>,
  value: T,
  { tenant, expiresAt = null }: { tenant: string | null; expiresAt?: number | null },
): Write => ({ do: 'put', key, value, tenant, expiresAt });
export const consume = (key: Key<any>): Write => ({ do: 'consume', key });
export const remove = (key: Key<any>): Write => ({ do: 'remove', key });

export function defineKind<T>(
  name: string,
  options: { schema: number; indexes?: (value: T, id: string) => readonly IndexEntry[] },
): RecordKind<T> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new TypeError(`"${name}" is no name for a kind of records: use a-z, 0-9 and -.`);
  return { name, schema: options.schema, indexes: options.indexes ?? (() => []) };
}
