import { request, type IncomingMessage } from 'node:http';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { AppError } from '#src/errors.ts';
import { happened } from '#src/events.ts';
import type { TenantId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';

const EVENTS = 3000;
/** So long that all of them together do not fit into what the sockets hold. */
const LONG = 'x'.repeat(8000);

let api: ApiWorld;
let tenant: TenantId;
let reads = 0;
/** The how-manieth read of a trail fails. */
let failsAt = Infinity;

beforeAll(async () => {
  api = await startApi({
    wrapStore: (store) => ({
      ...store,
      async trail(query) {
        reads += 1;
        if (reads >= failsAt) throw new AppError('storage_unavailable');
        return store.trail(query);
      },
    }),
  });
  tenant = (await api.ask('POST', '/tenants', { body: { name: 'Northwind' } })).body.id;
  const actor = { kind: 'operator', id: 'opr_1' } as const;
  for (let first = 0; first < EVENTS; first += 1000) {
    const events = Array.from({ length: 1000 }, (_, place) => happened({ type: 'tenant.created', tenant, name: `${first + place} ${LONG}` }, { actor, now: Date.now() }));
    await api.store.commit({ shard: shardOf(tenant), write: [], events });
  }
});
afterAll(() => api.close());

const path = () => `/tenants/${tenant}/audit/export`;

test('the whole trail comes as one line for each entry, each once, newest first', async () => {
  reads = 0;
  const { status, headers, body } = await api.ask('GET', path());
  expect([status, headers.get('content-type'), headers.get('cache-control'), headers.get('content-length')]).toEqual([200, 'application/x-ndjson', 'no-store', null]);
  expect(body).toHaveLength(EVENTS + 1);
  expect(body.slice(0, -1).map(({ details }: any) => Number(details.name.split(' ')[0]))).toEqual(Array.from({ length: EVENTS }, (_, place) => EVENTS - 1 - place));
  expect(body.at(-1)).toMatchObject({ type: 'tenant.created', tenant, actor: { kind: 'operator' } });
  expect(new Set(body.map(({ id }: any) => id)).size).toBe(EVENTS + 1);
  expect(reads).toBeLessThanOrEqual(EVENTS / 200 + 1);
});

const begun = async (): Promise<IncomingMessage> => {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(`${api.origin}/api/v1${path()}`, { headers: { authorization: `Bearer ${api.tokens.read}` } }, resolve).once('error', reject).end();
  return promise;
};

test('a client that does not read on holds the reading up, and one that goes away ends it', async () => {
  reads = 0;
  const answer = await begun();
  await new Promise<void>((resolve) => answer.once('readable', resolve));
  answer.read();
  let before = -1;
  // It stands still once the buffers in between are full.
  for (let [still, tries] = [0, 0]; still < 10 && tries < 500; tries += 1) {
    still = reads === before ? still + 1 : 0;
    before = reads;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(reads).toBeLessThan(EVENTS / 200);
  answer.destroy();
  const left = () => api.logged.some(({ msg }) => msg === 'a client left before the end of its answer');
  for (let tries = 0; !left() && tries < 500; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(left()).toBe(true);
  expect(reads).toBe(before);
  expect(api.logged.filter(({ level }) => ['error', 'fatal', 50, 60].includes(level))).toEqual([]);
});

test('an export breaks off where storage fails, and is refused where it fails at once: half of it does not pass for all', async () => {
  [reads, failsAt] = [0, 5];
  const answer = await begun();
  expect(answer.statusCode).toBe(200);
  await expect(answer.toArray()).rejects.toThrow('aborted');
  [reads, failsAt] = [0, 1];
  expect(await api.ask('GET', path())).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
  failsAt = Infinity;
});

test('xT1 of a tenant that does not exist there is no export', async () => {
  expect(await api.ask('GET', '/tenants/ten_nowhere/audit/export')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect(await api.ask('GET', `${path()}?from=yesterday`)).toMatchObject({ status: 400, body: { fields: [{ pointer: 'from' }] } });
});
