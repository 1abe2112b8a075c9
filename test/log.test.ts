import { expect, it } from '@jest/globals';

import { AppError } from '#src/errors.ts';
import { createLog, withoutSecrets } from '#src/log.ts';

const TOKEN = `asn_at_${'Ab3'.repeat(16)}`;

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog('trace', { write: (line) => void lines.push(line) }));
  return lines.join('');
}

it('hides secrets by the names of their fields, down to three levels', () => {
  const line = logged((log) => {
    log.info({ password: 'p1-hunter2', body: { client_secret: 'p2-hunter2' }, req: { headers: { 'set-cookie': 'p3-hunter2', authorization: 'p4-hunter2' } } });
  });
  expect(line).not.toContain('hunter2');
  expect(line.match(/\[hidden\]/g)).toHaveLength(4);
});

it('xM3 hides bearer secrets and JWTs in the middle of a text', () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl';
  const line = logged((log) => {
    log.warn({ err: new Error(`bad token ${TOKEN}`) }, `GET /cb?token=${TOKEN}&id=${jwt}`);
  });
  expect(line).not.toContain(TOKEN);
  expect(line).not.toContain(jwt.slice(10, 40));
});

it('leaves ids readable: they open nothing and are what a log is searched by', () => {
  const id = 'gnt_0a7N42dgm5tFLK9N8MT7fHC7';
  expect(withoutSecrets(`grant ${id}`)).toBe(`grant ${id}`);
});

it('shows the code, the detail for the log and the causes of an error', () => {
  const error = new AppError('storage_unavailable', { logDetail: { shard: 7 }, cause: new Error('ECONNREFUSED') });
  const { err, level } = JSON.parse(logged((log) => log.error({ err: error }))) as { err: Record<string, unknown>; level: string };
  expect(level).toBe('error');
  expect(err).toMatchObject({ type: 'AppError', code: 'storage_unavailable', detail: { shard: 7 }, cause: { message: 'ECONNREFUSED' } });
});
