import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assent-main-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function start(env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string; err: string }>();
  execFile(process.execPath, [MAIN], { cwd: folder, env: { PATH: process.env['PATH'], ...env }, timeout: 20_000 }, (error, out, err) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
  );
  return promise;
}

it('stops with exit code 2 and every problem in one message when settings are wrong, before it opens the store', async () => {
  const { code, out, err } = await start({ ASSENT_PORT: '99999', ASSENT_TTL_CODE: 'soon', ASSENT_ISUER: 'http://x', ASSENT_STORE: 'mysql://h' });
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toMatch(/^The settings have 4 problems:\n/);
  for (const name of ['ASSENT_PORT', 'ASSENT_TTL_CODE', 'ASSENT_ISUER', 'ASSENT_STORE']) expect(err).toContain(`  - ${name} `);
  expect(existsSync(join(folder, 'data', 'assent.db'))).toBe(false);
});

it('xU1 refuses to start in production with an http issuer, the demo world, an unsafe Redis and no secret', async () => {
  const { code, err } = await start({
    NODE_ENV: 'production',
    ASSENT_ISSUER: 'http://id.example',
    ASSENT_DEMO: 'true',
    ASSENT_REDIS_ALLOW_UNSAFE: 'true',
  });
  expect(code).toBe(2);
  for (const name of ['ASSENT_ISSUER', 'ASSENT_DEMO', 'ASSENT_REDIS_ALLOW_UNSAFE', 'ASSENT_SECRET']) expect(err).toContain(`  - ${name} `);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});
