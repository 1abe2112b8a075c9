import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { PreparedChange, PreparedWrite } from '../prepared-change.ts';
import type { CommitResult, Expectation } from '../record-store.ts';
import { toStoredText } from '../stored-text.ts';

export type WriteBatch = (changes: readonly PreparedChange[], now: number) => CommitResult[];

interface Found {
  readonly version: number;
  readonly consumed_at: number | null;
}

/**
 * Applies all changes in one transaction, so they share one fsync. Each checks its expectations before it writes, and
 * prepared changes have no other reason to fail; an error of the engine undoes the batch as a whole.
 */
export function batchWriter(database: DatabaseSync): WriteBatch {
  const sql = (text: string): StatementSync => database.prepare(text);
  const begin = sql('BEGIN IMMEDIATE');
  const commit = sql('COMMIT');
  const saveCounter = sql('UPDATE store SET counter = ?');
  const find = sql('SELECT version, consumed_at FROM record WHERE shard = ? AND kind = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)');
  const put = sql(`
    INSERT INTO record (shard, kind, id, schema, tenant, version, expires_at, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (shard, kind, id) DO UPDATE SET schema = excluded.schema, tenant = excluded.tenant, version = excluded.version,
      expires_at = excluded.expires_at, consumed_at = NULL, value = excluded.value
    RETURNING row`);
  const consume = sql(`
    UPDATE record SET consumed_at = ?1, version = ?2
    WHERE shard = ?3 AND kind = ?4 AND id = ?5 AND consumed_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)`);
  const remove = sql('DELETE FROM record WHERE shard = ? AND kind = ? AND id = ?');
  const unlist = sql('DELETE FROM entry WHERE record = ?');
  const list = sql('INSERT INTO entry (shard, kind, name, part, sort, id, record) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const append = sql('INSERT INTO event (shard, position, event) VALUES (?, ?, ?)');
  const trace = sql('INSERT INTO trail (shard, part, position) VALUES (?, ?, ?)');
  let counter = (sql('SELECT counter FROM store').get() as { counter: number }).counter;

  function holds(expectation: Expectation, now: number): boolean {
    const { shard, kind, id } = expectation.key;
    const found = find.get(shard, kind.name, toStoredText(id), now) as Found | undefined;
    if (expectation.is === 'absent') return found === undefined;
    if (found === undefined) return false;
    if (expectation.is === 'unconsumed') return found.consumed_at === null;
    return expectation.is === 'present' || found.version === expectation.version;
  }

  function write(change: PreparedWrite, version: number, now: number): void {
    const { shard, kind, id } = change.key;
    const storedId = toStoredText(id);
    if (change.do === 'remove') {
      remove.run(shard, kind.name, storedId);
    } else if (change.do === 'consume') {
      consume.run(now, version, shard, kind.name, storedId);
    } else {
      const { row } = put.get(shard, kind.name, storedId, kind.schema, change.tenant, version, change.expiresAt, change.json) as { row: number };
      unlist.run(row);
      for (const { index, of, sort } of change.entries) list.run(shard, kind.name, index, of, sort, storedId, row);
    }
  }

  function apply({ change, writes, events }: PreparedChange, now: number): CommitResult {
    const failed = change.expect?.filter((expectation) => !holds(expectation, now)) ?? [];
    if (failed.length > 0) return { ok: false, failed };
    const version = (counter += 1);
    for (const each of writes) write(each, version, now);
    for (const { json, trails } of events) {
      counter += 1;
      append.run(change.shard, counter, json);
      for (const trail of trails) trace.run(change.shard, trail, counter);
    }
    return { ok: true, version };
  }

  return (changes, now) => {
    begin.run();
    try {
      const before = counter;
      const results = changes.map((change) => apply(change, now));
      if (counter !== before) saveCounter.run(counter);
      commit.run();
      return results;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}
