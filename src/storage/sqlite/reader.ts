import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { IndexQuery, Key, LogEntry, LogEvent, Page, Shard, StoredRecord, TrailQuery } from '../record-store.ts';
import { encodePosition, positionAfter } from '../scan-position.ts';
import { afterPrefix, fromStoredText, toStoredText } from '../stored-text.ts';

export interface Reader {
  record<T>(key: Key<T>, now: number): StoredRecord<T> | undefined;
  page<T>(query: IndexQuery<T>, now: number): Page<T>;
  log(shard: Shard, after: number, limit: number): LogEntry[];
  trail(query: TrailQuery): LogEntry[];
}

type Row = [value: string, version: number, tenant: string | null, expiresAt: number | null, consumedAt: number | null];
type ListedRow = [...Row, sort: string, id: string];
type LoggedRow = [position: number, event: string];

const COLUMNS = 'record.value, record.version, record.tenant, record.expires_at, record.consumed_at';
const ALIVE = '(record.expires_at IS NULL OR record.expires_at > ?)';

export function reader(database: DatabaseSync): Reader {
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = database.prepare(text);
      statement.setReturnArrays(true);
      statements.set(text, statement);
    }
    return statement;
  };
  const find = sql(`SELECT ${COLUMNS} FROM record WHERE shard = ? AND kind = ? AND id = ? AND ${ALIVE}`);
  const log = sql('SELECT position, event FROM event WHERE shard = ? AND position > ? ORDER BY position LIMIT ?');
  const trail = sql(`
    SELECT event.position, event.event FROM trail JOIN event ON event.shard = trail.shard AND event.position = trail.position
    WHERE trail.shard = ? AND trail.part = ? AND trail.position < ? ORDER BY trail.position DESC LIMIT ?`);

  return {
    record: <T>(key: Key<T>, now: number) => {
      const row = find.get(key.shard, key.kind.name, toStoredText(key.id), now) as unknown as Row | undefined;
      return row && toRecord(key, row);
    },
    page: <T>(query: IndexQuery<T>, now: number) => {
      const descending = query.direction === 'descending';
      const where = ['entry.shard = ?', 'entry.kind = ?', 'entry.name = ?', 'entry.part = ?', ALIVE];
      const values: (string | number)[] = [query.shard, query.kind.name, query.index, toStoredText(query.of), now];
      const prefix = toStoredText(query.prefix ?? '');
      const end = afterPrefix(prefix);
      if (prefix !== '') {
        where.push('entry.sort >= ?');
        values.push(prefix);
      }
      if (end !== undefined) {
        where.push('entry.sort < ?');
        values.push(end);
      }
      const after = positionAfter(query);
      if (after !== undefined) {
        where.push(`(entry.sort, entry.id) ${descending ? '<' : '>'} (?, ?)`);
        values.push(toStoredText(after.sort), toStoredText(after.id));
      }
      const direction = descending ? 'DESC' : 'ASC';
      const rows = sql(`
        SELECT ${COLUMNS}, entry.sort, entry.id FROM entry JOIN record ON record.row = entry.record
        WHERE ${where.join(' AND ')} ORDER BY entry.sort ${direction}, entry.id ${direction} LIMIT ?`).all(...values, query.limit + 1) as unknown as ListedRow[];
      const more = rows.length > query.limit;
      if (more) rows.pop();
      const last = rows.at(-1);
      return {
        records: rows.map((row) => toRecord({ shard: query.shard, kind: query.kind, id: fromStoredText(row[6]) }, row)),
        next: more && last ? encodePosition({ sort: fromStoredText(last[5]), id: fromStoredText(last[6]) }) : undefined,
      };
    },
    log: (shard, after, limit) => (log.all(shard, after, limit) as unknown as LoggedRow[]).map(toEntry),
    trail: ({ shard, of, before = Number.MAX_SAFE_INTEGER, limit }) =>
      (trail.all(shard, toStoredText(of), before, limit) as unknown as LoggedRow[]).map(toEntry),
  };
}

const toEntry = ([position, event]: LoggedRow): LogEntry => ({ position, event: JSON.parse(event) as LogEvent });

const toRecord = <T>(key: Key<T>, [value, version, tenant, expiresAt, consumedAt]: Row | ListedRow): StoredRecord<T> => ({
  key,
  value: JSON.parse(value) as T,
  version,
  tenant,
  expiresAt,
  consumedAt,
});
