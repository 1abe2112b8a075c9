import { request } from 'node:http';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { AppError } from '#src/errors.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
let storageDown = false;

const fragile = (store: RecordStore): RecordStore =>
  new Proxy(store, {
    get: (target, name: keyof RecordStore) => {
      const method = target[name] as (...given: unknown[]) => Promise<unknown>;
      return (...given: unknown[]) => (storageDown ? Promise.reject(new AppError('storage_unavailable')) : method.apply(target, given));
    },
  });

beforeAll(async () => {
  api = await startApi({ wrapStore: fragile });
});
afterAll(() => api.close());

/** For clients of the test's own. */
const bearer = () => `Bearer ${api.tokens.manage}`;
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  api.ask('POST', '/tenants', { body, headers });

it('xP15 an endless body is answered as soon as it is too long, and the answer arrives', async () => {
  const answer = await new Promise<{ status: number | undefined; sent: number }>((resolve, reject) => {
    let sent = 0;
    const sending = request(`${api.origin}/api/v1/tenants`, {
      method: 'POST',
      headers: { authorization: bearer(), 'content-type': 'application/json' },
    });
    const more = setInterval(() => {
      sending.write('['.repeat(16_384));
      sent += 16_384;
    }, 1);
    sending.on('response', (response) => {
      clearInterval(more);
      sending.destroy();
      resolve({ status: response.statusCode, sent });
    });
    sending.on('error', reject);
  });
  expect(answer.status).toBe(413);
  expect(answer.sent).toBeLessThan(4 * 1024 * 1024);
});

it('xP15 a compressed body, one that is not UTF-8 and a deeply nested one are refused', async () => {
  expect(await post(gzipSync('{"name":"x"}'), { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
  expect(await post(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({ status: 400 });
  expect(await post('['.repeat(30_000) + ']'.repeat(30_000))).toMatchObject({ status: 400 });
  expect(await post(`{"name":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)).toMatchObject({ status: 400, body: { fields: [{ pointer: '/name' }] } });
});

it('xP15 names with markup, controls or nothing in them are refused or kept as text, never an error of ours', async () => {
  for (const name of ['', ' ', 'a\u0000b', 'a\nb', '\u202eevil', 'x'.repeat(101), '\ud800']) {
    expect(await post(JSON.stringify({ name }))).toMatchObject({ status: 400, body: { fields: [{ pointer: '/name' }] } });
  }
  const markup = '<script>alert(1)</script>';
  expect(await post(JSON.stringify({ name: markup }))).toMatchObject({ status: 201, body: { name: markup } });
});

it('xP15 addresses that cannot be decoded, hold NUL or are too long are refused', async () => {
  for (const path of ['/tenants/%', '/tenants/%00', '/tenants/%E0%A4%A', `/tenants/${'x'.repeat(9000)}`]) {
    const { status } = await api.ask('GET', `/api/v1${path}`);
    expect({ path: path.slice(0, 20), fine: [400, 404].includes(status) }).toEqual({ path: path.slice(0, 20), fine: true });
  }
  expect((await api.ask('GET', `/tenants/${'x'.repeat(129)}`)).status).toBe(404);
});

it('a request that takes no body may send {} and nothing else', async () => {
  const { body } = await api.ask('POST', '/resource-servers', { body: { name: 'API', audience: 'https://api.example' } });
  const path = `/resource-servers/${body.id}/secret`;
  expect((await api.ask('POST', path, { body: {} })).status).toBe(200);
  expect((await api.ask('POST', path, { body: { force: true } })).status).toBe(400);
});

it('answers are never kept by anybody on the way, and HEAD is a GET without its body', async () => {
  const read = await api.ask('GET', '/tenants');
  expect(read.headers.get('cache-control')).toBe('no-store');
  const head = await fetch(`${api.origin}/api/v1/tenants`, { method: 'HEAD', headers: { authorization: bearer() } });
  expect(head.status).toBe(200);
  expect(await head.text()).toBe('');
});

it('I9 without storage every request is refused with 503 and says that its outcome is unknown', async () => {
  storageDown = true;
  try {
    for (const [method, path, asked] of [
      ['GET', '/tenants', {}],
      ['POST', '/tenants', { body: { name: 'Down' } }],
      ['POST', '/tenants', { body: { name: 'Down' }, headers: { 'idempotency-key': 'down' } }],
    ] as const) {
      const answer = await api.ask(method, path, asked);
      expect(answer).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
      expect(answer.headers.get('retry-after')).toBeTruthy();
    }
  } finally {
    storageDown = false;
  }
  expect((await api.ask('GET', '/tenants')).status).toBe(200);
});
