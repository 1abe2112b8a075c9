import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startApi, type ApiWorld } from '#test/support/api.ts';
import { startRedis, type RedisServer } from '#test/support/redis.ts';

/** Two servers on one Redis, asked by the same operator. */
let redis: RedisServer;
let servers: ApiWorld[];
beforeAll(async () => {
  redis = await startRedis({ durability: 'none' });
  servers = [await startApi({ store: redis.url }), await startApi({ store: redis.url })];
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await redis.stop();
});

const ask = (place: number, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  servers[place % 2]!.askAs({ authorization: `Bearer ${servers[0]!.tokens.manage}` }, method, path, { body, headers });

it('xR3 the same Idempotency-Key at both servers at once has one effect', async () => {
  for (let round = 0; round < 10; round += 1) {
    const name = `Raced ${round}`;
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, place) => ask(place, 'POST', '/tenants', { name }, { 'idempotency-key': `race-${round}` })),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    for (const place of [0, 1]) {
      const again = await ask(place, 'POST', '/tenants', { name }, { 'idempotency-key': `race-${round}` });
      expect(again).toMatchObject({ status: 201, text: made[0]?.text });
    }
  }
  const { items } = (await ask(0, 'GET', '/tenants?limit=200')).body;
  expect(items.map(({ name }: { name: string }) => name).toSorted()).toEqual(Array.from({ length: 10 }, (_, round) => `Raced ${round}`));
});

it('a list that begins at one server goes on at the other', async () => {
  const seen: string[] = [];
  let next: string | null = '';
  for (let page = 0; next !== null; page += 1) {
    const { status, body }: { status: number; body: any } = await ask(page, 'GET', `/tenants?limit=3${next && `&after=${next}`}`);
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    next = body.next;
  }
  expect(new Set(seen).size).toBe(10);
  expect(seen).toHaveLength(10);
});

it('of two changes of one ETag at two servers one succeeds', async () => {
  for (let round = 0; round < 10; round += 1) {
    const made = await ask(round, 'POST', '/tenants', { name: 'Contended' });
    const path = `/tenants/${made.body.id}`;
    const answers = await Promise.all([0, 1].map((place) => ask(place, 'PATCH', path, { name: `By ${place}` }, { 'if-match': made.etag })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await ask(round, 'GET', path)).body).toEqual(winner?.body);
  }
});
