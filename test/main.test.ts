import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..');
const config = (name: string): string => join(ROOT, 'config', name);
const GOOD = {
  ASSENT_PORT: '0',
  ASSENT_DEMO: 'false',
  ASSENT_CATALOGUE: config('permissions.yaml'),
  ASSENT_RESOURCES: config('resources.yaml'),
  ASSENT_CONTEXTS: config('contexts.yaml'),
};

let folder: string;
let started: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assent-main-'));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Process {
  readonly child: ChildProcess;
  readonly printed: { out: string; err: string };
  readonly ended: Promise<number | null>;
}

function start(env: Record<string, string>): Process {
  const child = spawn(process.execPath, [join(ROOT, 'src/main.ts')], { cwd: folder, env: { PATH: process.env['PATH'], ...env } });
  started.push(child);
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { child, printed, ended: promise };
}

/** The address it says that it listens on. */
async function listening({ printed, child }: Process): Promise<string> {
  for (;;) {
    const url = /"url":"([^"]+)"/.exec(printed.out)?.[1];
    if (url !== undefined) return url;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended: ${printed.err}${printed.out}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('stops with exit code 2 and every problem in one message when settings are wrong, before it opens the store', async () => {
  const { ended, printed } = start({ ASSENT_PORT: '99999', ASSENT_TTL_CODE: 'soon', ASSENT_ISUER: 'http://x', ASSENT_STORE: 'mysql://h' });
  expect(await ended).toBe(2);
  expect(printed.out).toBe('');
  expect(printed.err).toMatch(/^The settings have 4 problems:\n/);
  for (const name of ['ASSENT_PORT', 'ASSENT_TTL_CODE', 'ASSENT_ISUER', 'ASSENT_STORE']) expect(printed.err).toContain(`  - ${name} `);
  expect(existsSync(join(folder, 'data', 'assent.db'))).toBe(false);
});

it('xU1 refuses to start in production with an http issuer, the demo world, an unsafe Redis and no secret', async () => {
  const { ended, printed } = start({
    NODE_ENV: 'production',
    ASSENT_ISSUER: 'http://id.example',
    ASSENT_DEMO: 'true',
    ASSENT_REDIS_ALLOW_UNSAFE: 'true',
  });
  expect(await ended).toBe(2);
  for (const name of ['ASSENT_ISSUER', 'ASSENT_DEMO', 'ASSENT_REDIS_ALLOW_UNSAFE', 'ASSENT_SECRET']) expect(printed.err).toContain(`  - ${name} `);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

it('shows the first operator credential once, outside the log, and ends with exit code 0 on SIGTERM', async () => {
  const first = start(GOOD);
  const answer = await fetch(`${await listening(first)}/health/ready`);
  expect(answer.status).toBe(200);
  await answer.text();
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const secret = /client_secret {2}(\S+)/.exec(first.printed.err)?.[1] ?? 'none';
  expect(secret).toMatch(/^assent_\w{43,}$/);
  expect(first.printed.out).not.toContain(secret);

  const second = start(GOOD);
  await listening(second);
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
  expect(second.printed.err).toBe('');
});

it('refuses a store whose signing keys were made with another secret, and says so', async () => {
  const secret = () => randomBytes(32).toString('base64url');
  const first = start({ ...GOOD, ASSENT_SECRET: secret() });
  await listening(first);
  first.child.kill('SIGTERM');
  await first.ended;

  const { ended, printed } = start({ ...GOOD, ASSENT_SECRET: secret() });
  expect(await ended).toBe(1);
  expect(printed.out).toContain('was made with another ASSENT_SECRET');
});

it('says what to do when the port is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const { ended, printed } = start({ ...GOOD, ASSENT_PORT: String(port) });
  expect(await ended).toBe(1);
  expect(printed.out).toContain('stop it, or set ASSENT_PORT');
  other.close();
});

it('says what to do when there is no Redis where the settings say', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const { ended, printed } = start({ ...GOOD, ASSENT_STORE: `redis://127.0.0.1:${port}` });
  expect(await ended).toBe(1);
  expect(printed.out).toContain(
    `"msg":"Assent could not start: Redis could not be reached: connect ECONNREFUSED 127.0.0.1:${port}. See that it runs, or change ASSENT_STORE."`,
  );
});
