import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { UnusableStore } from '../unavailable.ts';

const FORMAT = 2;

// `counter` gives versions and positions: it only ever rises, so no version appears twice.
const TABLES = `
  CREATE TABLE store (counter INTEGER NOT NULL, checked_at INTEGER NOT NULL);
  INSERT INTO store VALUES (0, 0);

  CREATE TABLE record (
    row INTEGER PRIMARY KEY,
    shard INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    schema INTEGER NOT NULL, tenant TEXT, version INTEGER NOT NULL,
    expires_at INTEGER, consumed_at INTEGER,
    value TEXT NOT NULL
  );
  CREATE UNIQUE INDEX record_key ON record (shard, kind, id);
  CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE entry (
    shard INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, part TEXT NOT NULL,
    sort TEXT NOT NULL, id TEXT NOT NULL,
    record INTEGER NOT NULL REFERENCES record (row) ON DELETE CASCADE
  );
  CREATE INDEX entry_order ON entry (shard, kind, name, part, sort, id, record);
  CREATE INDEX entry_record ON entry (record);

  CREATE TABLE event (shard INTEGER NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL);
  CREATE UNIQUE INDEX event_order ON event (shard, position);
`;

/** From format 1 to 2. Events from before stand in no trail. */
const TRAILS = `
  CREATE TABLE trail (shard INTEGER NOT NULL, part TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (shard, part, position)) WITHOUT ROWID;
  PRAGMA user_version = ${FORMAT};
`;

/** Opens the file for this process alone and makes its tables when it is new. */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') createPrivately(file);
  const database = new DatabaseSync(file, { timeout: 1000 });
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      BEGIN EXCLUSIVE;
    `);
    const { user_version: format } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (format > FORMAT) throw new UnusableStore(`${file} was written by a newer version of Assent. Use that version or a newer one.`);
    if (format < 1) database.exec(TABLES);
    if (format < 2) database.exec(TRAILS);
    database.exec('COMMIT');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof UnusableStore) throw error;
    const busy = (error as { errcode?: number }).errcode === 5;
    throw new UnusableStore(
      busy
        ? `${file} is in use by another process, and the embedded store serves one process only. Stop the other one, or use Redis for several.`
        : `${file} cannot be opened as a store: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function createPrivately(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw new UnusableStore(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
