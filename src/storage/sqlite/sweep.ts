import type { DatabaseSync } from 'node:sqlite';

const BITE = 500;

/** Drops some records, with their index entries, whose expiry was before `over`; tells how many. */
export function sweeper(database: DatabaseSync): (over: number) => number {
  const sweep = database.prepare('DELETE FROM record WHERE row IN (SELECT row FROM record WHERE expires_at <= ? LIMIT ?)');
  return (over) => Number(sweep.run(over, BITE).changes);
}
