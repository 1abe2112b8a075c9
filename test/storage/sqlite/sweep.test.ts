import { expect, test } from '@jest/globals';

import { openDatabase } from '#src/storage/sqlite/database.ts';
import { sweepAll, sweeper } from '#src/storage/sqlite/sweep.ts';

test('sweeping drops what expired, with its index entries, some at a time, and nothing else', () => {
  const database = openDatabase(':memory:');
  const record = database.prepare("INSERT INTO record (shard, kind, id, schema, version, expires_at, value) VALUES (1, 'note', ?, 1, 1, ?, '{}') RETURNING row");
  const entry = database.prepare("INSERT INTO entry (shard, kind, name, part, sort, id, record) VALUES (1, 'note', 'by', '', '', ?, ?)");
  const expiries = [...Array.from({ length: 1200 }, (_, number) => number), 5000, null];
  for (const [number, expiresAt] of expiries.entries()) {
    const { row } = record.get(String(number), expiresAt) as { row: number };
    entry.run(String(number), row);
  }
  const sweep = sweeper(database);
  const bites = [sweep(4999), sweep(4999), sweep(4999), sweep(4999)];
  expect(bites).toEqual([500, 500, 200, 0]);
  const left = (table: string) => database.prepare(`SELECT id FROM ${table} ORDER BY id`).all().map((row) => (row as { id: string }).id);
  expect(left('record')).toEqual(['1200', '1201']);
  expect(left('entry')).toEqual(['1200', '1201']);
  database.close();
});

test('sweeping keeps up with what expires: as many bites as it takes, and between them others have their turn', async () => {
  const database = openDatabase(':memory:');
  const record = database.prepare("INSERT INTO record (shard, kind, id, schema, version, expires_at, value) VALUES (1, 'note', ?, 1, 1, ?, '{}')");
  for (let number = 0; number < 4200; number += 1) record.run(String(number), number);
  let turns = 0;
  const others = setInterval(() => (turns += 1));
  await sweepAll(sweeper(database), 4099);
  clearInterval(others);
  expect(database.prepare('SELECT count(*) AS left FROM record').get()).toEqual({ left: 100 });
  expect(turns).toBeGreaterThan(0);
  database.close();
});
