import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';

import type { ForgottenEntry, Shard } from '../record-store.ts';
import { toStoredText } from '../stored-text.ts';

const BITE = 500;

/** Drops some records, with their index entries, whose expiry was before `over`; tells how many. */
export function sweeper(database: DatabaseSync): (over: number) => number {
  const sweep = database.prepare('DELETE FROM record WHERE row IN (SELECT row FROM record WHERE expires_at <= ? LIMIT ?)');
  return (over) => Number(sweep.run(over, BITE).changes);
}

/** Drops all of them, bite by bite, and lets others have their turn in between. */
export async function sweepAll(sweep: (over: number) => number, over: number): Promise<void> {
  while (sweep(over) === BITE) await setImmediate();
}

/** Drops events, with their places in trails, all or none of them. */
export function forgetter(database: DatabaseSync): (shard: Shard, entries: readonly ForgottenEntry[]) => void {
  const unlist = database.prepare('DELETE FROM trail WHERE shard = ? AND part = ? AND position = ?');
  const drop = database.prepare('DELETE FROM event WHERE shard = ? AND position = ?');
  return (shard, entries) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const { position, trails } of entries) {
        for (const trail of trails) unlist.run(shard, toStoredText(trail), position);
        drop.run(shard, position);
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}
