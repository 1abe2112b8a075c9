import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { freePort, startAssentProcesses, type Assent, type AssentProcess } from '#test/support/assent-server.ts';
import { createManagement } from '#test/support/management.ts';
import { startRedis, type RedisServer } from '#test/support/redis.ts';
import { projectRoot } from '#test/support/web.ts';

let folder: string;
let secret: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assent-new-operator-'));
  secret = randomBytes(32).toString('base64url');
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command as a process of its own, with settings of the server. */
async function newOperator({ cwd = projectRoot, ...settings }: Readonly<Record<string, string>>, ...words: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'], ASSENT_SECRET: secret, ASSENT_DEMO: 'false', ...settings };
  const child = spawn(process.execPath, [join(projectRoot, 'scripts/new-operator.ts'), ...words], { cwd, env });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { code: await promise, ...printed };
}

/** What it printed, which is nothing else. */
function credentialIn({ code, out, err }: Ended): { id: string; secret: string } {
  expect([code, err]).toEqual([0, '']);
  const [, id = '', text = ''] = /^A new operator credential.* shown this once and kept nowhere:\n {2}client_id {6}(opr_\w+)\n {2}client_secret {2}(assent_op_\w+)\n$/.exec(out) ?? [];
  expect([id, text]).not.toEqual(['', '']);
  return { id, secret: text };
}

/** The credential opens the whole management API, and the audit trail says that it was made, by nobody's credential. */
async function expectItWorks({ issuer, firstOperator }: Assent<AssentProcess>, credential: { id: string; secret: string }, name: string): Promise<void> {
  const manage = await createManagement(issuer, credential);
  expect(await manage.get(`/operators/${credential.id}`)).toMatchObject({ name, scopes: ['manage', 'read'] });
  const { items } = await manage.get('/audit?type=operator.created');
  expect(items[0]).toMatchObject({ actor: { kind: 'system' }, from: null, details: { operator: credential.id } });
  // The lost one is no use to whoever finds it.
  await manage.remove(`/operators/${firstOperator.id}`);
  expect((await manage.get('/operators')).items.map(({ id }: { id: string }) => id)).toEqual([credential.id]);
}

describe('on SQLite', () => {
  let assent: Assent<AssentProcess>;
  let store: string;
  beforeAll(async () => {
    store = `sqlite:${join(folder, 'assent.db')}`;
    assent = await startAssentProcesses(1, { store, settings: { ASSENT_SECRET: secret } });
  }, 60_000);
  afterAll(() => assent.stop());

  test('nothing is done while the server runs; when it was stopped a credential is made, and it works when the server is back', async () => {
    const refused = await newOperator({ ASSENT_STORE: store });
    expect(refused).toEqual({ code: 1, out: '', err: expect.stringMatching(/^There is no credential to show: .* is in use by another process.* Stop the other one/) });
    const manage = await createManagement(assent.issuer, assent.firstOperator);
    expect((await manage.get('/operators')).items).toHaveLength(1);

    await assent.servers[0]!.stop();
    const credential = credentialIn(await newOperator({ ASSENT_STORE: store }));
    await assent.servers[0]!.restart();
    await expectItWorks(assent, credential, 'Made with new-operator');
    expect(assent.logged()).not.toContain(credential.secret);
  }, 60_000);

  test('a store that is not there is refused, and not made', async () => {
    const elsewhere = join(folder, 'elsewhere');
    const refused = await newOperator({ ASSENT_STORE: `sqlite:${join(elsewhere, 'assent.db')}` });
    expect(refused).toEqual({ code: 1, out: '', err: expect.stringMatching(/assent\.db is not there\. Is ASSENT_STORE that of the server\?/) });
    expect(existsSync(elsewhere)).toBe(false);
  });

  test('where no server ever started it makes nothing, no secret either', async () => {
    const cwd = await mkdtemp(join(folder, 'nothing-'));
    const refused = await newOperator({ cwd, ASSENT_SECRET: '' });
    expect(refused).toEqual({ code: 2, out: '', err: expect.stringContaining('  - ASSENT_SECRET ') });
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('settings that are wrong are refused as the server refuses them, all in one message', async () => {
    const before = readdirSync(folder);
    const refused = await newOperator({ ASSENT_STORE: 'mysql://h', ASSENT_ISUER: 'http://x', ASSENT_SECRET: 'short' });
    expect(refused).toEqual({ code: 2, out: '', err: expect.stringMatching(/^The settings have 3 problems:\n/) });
    for (const name of ['ASSENT_STORE', 'ASSENT_ISUER', 'ASSENT_SECRET']) expect(refused.err).toContain(`  - ${name} `);
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe('on Redis', () => {
  let redis: RedisServer;
  let assent: Assent<AssentProcess>;
  beforeAll(async () => {
    redis = await startRedis();
    assent = await startAssentProcesses(1, { store: redis.url, settings: { ASSENT_SECRET: secret } });
  }, 60_000);
  afterAll(async () => {
    await assent.stop();
    await redis.stop();
  });

  test('a store that no server started on, or that does not answer, is refused', async () => {
    const empty = await newOperator({ ASSENT_STORE: `${redis.url}/3` });
    expect(empty).toEqual({ code: 1, out: '', err: expect.stringMatching(/^There is no credential to show: No server ever started on this store\./) });
    expect(await redis.command('info', 'keyspace')).not.toContain('db3');
    const nobody = await newOperator({ ASSENT_STORE: `redis://127.0.0.1:${await freePort()}`, ASSENT_STORE_TIMEOUT_MS: '300' });
    expect(nobody).toEqual({ code: 1, out: '', err: expect.stringMatching(/^There is no credential to show: Storage does not answer\./) });
  }, 30_000);

  test('a name that is none is refused', async () => {
    const refused = await newOperator({ ASSENT_STORE: redis.url }, ' ');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/^There is no credential to show: /);
  });

  test('a credential is made while the server runs, and works at once', async () => {
    const credential = credentialIn(await newOperator({ ASSENT_STORE: redis.url }, 'After the fire'));
    await expectItWorks(assent, credential, 'After the fire');
    expect(assent.logged()).not.toContain(credential.secret);
  }, 30_000);
});
