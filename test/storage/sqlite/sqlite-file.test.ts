import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { token } from '#test/contract/world.ts';

const writer = fileURLToPath(new URL('writer.ts', import.meta.url));
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'assent-sqlite-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = Date.now;
const shard = shardOf('writer');
const key = (id: string) => ({ shard, kind: token, id });

/** Runs the writer on the store until it acknowledged so many commits; it goes on until it is killed. */
async function startWriter(url: string, commits: number): Promise<{ kill(): Promise<number[]> }> {
  const child = spawn(process.execPath, [writer, url], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  let acknowledged = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the writer ended by itself')));
    child.stdout.on('data', (text) => {
      acknowledged += text;
      if (acknowledged.split('\n').length > commits) resolve();
    });
  });
  return {
    kill: async () => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
      return acknowledged.split('\n').slice(0, -1).map(Number);
    },
  };
}

describe('the embedded store in a file', () => {
  test('makes the folder and the file for its user alone, and finds everything again', async () => {
    const url = `sqlite:${folder}/new/assent.db`;
    const store = await openStore(url, { clock });
    const first = await store.commit({ shard, write: [put(key('a'), { text: 'kept' }, { tenant: 'ten_1' })], events: [{ id: 'e1', type: 't' }] });
    await store.close();
    expect(statSync(`${folder}/new/assent.db`).mode & 0o077).toBe(0);

    const again = await openStore(url, { clock });
    expect(await again.read(key('a'))).toMatchObject([{ value: { text: 'kept' }, tenant: 'ten_1' }]);
    expect((await again.follow(shard, 0, 10)).map(({ event }) => event.id)).toEqual(['e1']);
    const second = await again.commit({ shard, write: [put(key('a'), { text: 'newer' }, { tenant: 'ten_1' })] });
    expect(second.ok && first.ok && second.version > first.version).toBe(true);
    await again.close();
  });

  test('xR1 keeps every acknowledged commit, with its event, when the process is killed', async () => {
    const url = `sqlite:${folder}/assent.db`;
    const child = await startWriter(url, 500);
    const acknowledged = await child.kill();
    expect(acknowledged.length).toBeGreaterThanOrEqual(500);

    const store = await openStore(url, { clock });
    const records = await store.read(...acknowledged.map((number) => key(String(number))));
    expect(records.filter((record) => record === undefined)).toEqual([]);
    const events = new Set((await store.follow(shard, 0, 1_000_000)).map(({ event }) => event.id));
    expect(acknowledged.filter((number) => !events.has(String(number)))).toEqual([]);
    await store.close();
  });

  test('refuses a file that another process has open, and says what to do', async () => {
    const url = `sqlite:${folder}/assent.db`;
    const child = await startWriter(url, 1);
    try {
      await expect(openStore(url, { clock })).rejects.toThrow(/in use by another process.*use Redis for several/);
    } finally {
      await child.kill();
    }
  });

  test('refuses a file of a newer format, and one that is no store', async () => {
    const database = new DatabaseSync(`${folder}/newer.db`);
    database.exec('PRAGMA user_version = 1000');
    database.close();
    await expect(openStore(`sqlite:${folder}/newer.db`, { clock })).rejects.toThrow('newer version of Assent');
    writeFileSync(`${folder}/text.db`, 'This is a letter, not a database. '.repeat(100));
    await expect(openStore(`sqlite:${folder}/text.db`, { clock })).rejects.toThrow('cannot be opened as a store');
    await expect(openStore(`sqlite:${folder}/text.db/below`, { clock })).rejects.toThrow('cannot be written');
  });

  test('reads a file of format 1 on: what was in its log stays there, and trails begin with what happens from now on', async () => {
    const url = `sqlite:${folder}/assent.db`;
    const before = await openStore(url, { clock });
    await before.commit({ shard, write: [], events: [{ id: 'old', type: 't', trails: ['trail'] }] });
    await before.close();
    const database = new DatabaseSync(`${folder}/assent.db`);
    database.exec('DROP TABLE trail; PRAGMA user_version = 1');
    database.close();
    const store = await openStore(url, { clock });
    await store.commit({ shard, write: [], events: [{ id: 'new', type: 't', trails: ['trail'] }] });
    expect((await store.trail({ shard, of: 'trail', limit: 9 })).map(({ event }) => event.id)).toEqual(['new']);
    expect((await store.follow(shard, 0, 9)).map(({ event }) => event.id)).toEqual(['old', 'new']);
    await store.close();
  });

  test('answers storage_unavailable once it is closed, after finishing what was asked before', async () => {
    const store = await openStore(`sqlite:${folder}/assent.db`, { clock });
    const last = store.commit({ shard, write: [put(key('last'), { text: 'x' }, { tenant: null })] });
    await store.close();
    await expect(last).resolves.toMatchObject({ ok: true });
    const unavailable = { code: 'storage_unavailable' };
    await expect(store.read(key('last'))).rejects.toMatchObject(unavailable);
    await expect(store.commit({ shard, write: [] })).rejects.toMatchObject(unavailable);
    await expect(store.check()).rejects.toMatchObject(unavailable);
    await store.close();
  });
});
