import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AppError } from '#src/errors.ts';
import { allShards } from '#src/storage/shards.ts';
import type { Change, RecordStore } from '#src/storage/record-store.ts';
import { startApi, type ApiWorld, type Who } from '#test/support/api.ts';

let api: ApiWorld;
/** What to do before a commit reaches the store, as a test wants it. */
let beforeCommit: (change: Change) => Promise<void> = async () => {};
const committed: Change[] = [];

const watched = (store: RecordStore): RecordStore => ({
  read: (...keys) => store.read(...keys),
  scan: (query) => store.scan(query),
  follow: (...asked) => store.follow(...asked),
  trail: (query) => store.trail(query),
  forget: (...asked) => store.forget(...asked),
  check: () => store.check(),
  close: () => store.close(),
  async commit(change) {
    await beforeCommit(change);
    committed.push(change);
    return store.commit(change);
  },
});

beforeAll(async () => {
  api = await startApi({ wrapStore: watched });
});
afterAll(() => api.close());

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;
const createTenant = (key: string, name = 'Northwind', who: Who = 'manage') =>
  api.askAs(who, 'POST', '/tenants', { body: { name }, headers: { 'idempotency-key': key } });
const tenantsCalled = async (name: string): Promise<number> => {
  let count = 0;
  let next: string | null = '';
  while (next !== null) {
    const { body }: { body: any } = await api.ask('GET', `/tenants?limit=200${next && `&after=${next}`}`);
    count += body.items.filter((tenant: { name: string }) => tenant.name === name).length;
    next = body.next;
  }
  return count;
};
const isClaim = (change: Change): boolean => change.write.some(({ key }) => key.kind.name === 'idempotency-claim');

describe('the same Idempotency-Key', () => {
  it('xR3 with the same request gets the same answer and has no second effect', async () => {
    const key = newKey();
    const first = await createTenant(key, 'Once');
    const second = await createTenant(key, 'Once');
    expect(first.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second).toMatchObject({ status: 201, text: first.text, etag: first.etag });
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await tenantsCalled('Once')).toBe(1);
  });

  it('with another request is refused', async () => {
    const key = newKey();
    await createTenant(key, 'Mine');
    expect(await createTenant(key, 'Yours')).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
    const elsewhere = await api.ask('POST', '/users', { body: { name: 'Mine', email: 'm@i.example' }, headers: { 'idempotency-key': key } });
    expect(elsewhere).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
    expect(await tenantsCalled('Yours')).toBe(0);
  });

  it('of another operator is another key', async () => {
    const key = newKey();
    const [one, two] = [await createTenant(key, 'Shared key'), await createTenant(key, 'Shared key', 'other')];
    expect(two.status).toBe(201);
    expect(two.body.id).not.toBe(one.body.id);
  });

  it('sent eight times at once has one effect; the others get its answer or are told to wait', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = newKey();
      const answers = await Promise.all(Array.from({ length: 8 }, () => createTenant(key, `Raced ${round}`)));
      const made = answers.filter(({ status }) => status === 201);
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map(({ body }) => body.id)).size).toBe(1);
      for (const answer of answers.filter(({ status }) => status !== 201)) {
        expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_unsettled' } });
        expect(answer.headers.get('retry-after')).toBe('1');
      }
      expect(await createTenant(key, `Raced ${round}`)).toMatchObject({ status: 201, body: { id: made[0]?.body.id } });
      expect(await tenantsCalled(`Raced ${round}`)).toBe(1);
    }
  });

  it('may be used again after a request that was refused', async () => {
    const key = newKey();
    const ask = (id: string) =>
      api.ask('POST', '/tenants', { body: { name: 'Chosen', id }, headers: { 'idempotency-key': key } });
    await api.ask('POST', '/tenants', { body: { name: 'First', id: 'taken' } });
    expect((await ask('taken')).status).toBe(409);
    expect((await ask('free')).status).toBe(201);
  });

  it('after a request of which nobody knows the end never has the effect twice', async () => {
    const lost = newKey();
    // The effect is done and the process dies: its answer is never kept.
    let claims = 0;
    beforeCommit = async (change) => {
      if (isClaim(change) && (claims += 1) === 2) throw new AppError('storage_unavailable');
    };
    const first = await createTenant(lost, 'Perhaps');
    beforeCommit = async () => {};
    expect(first.status).toBe(201);
    expect(await createTenant(lost, 'Perhaps')).toMatchObject({ status: 409, body: { code: 'idempotency_unsettled' } });
    expect(await tenantsCalled('Perhaps')).toBe(1);

    const unknown = newKey();
    beforeCommit = async (change) => {
      if (!isClaim(change)) throw new AppError('storage_unavailable');
    };
    expect(await createTenant(unknown, 'Unknown')).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
    beforeCommit = async () => {};
    expect(await createTenant(unknown, 'Unknown')).toMatchObject({ status: 409, body: { code: 'idempotency_unsettled' } });
  });

  it('xM3 gives a secret again that is nowhere in storage to be read, nor the key or the body that asked for it', async () => {
    const key = 'a-key-that-nobody-else-has';
    const ask = () =>
      api.ask('POST', '/operators', { body: { name: 'Deploy of the plant', scopes: ['read'] }, headers: { 'idempotency-key': key } });
    const before = committed.length;
    const [first, second] = [await ask(), await ask()];
    expect(second.body.secret).toBe(first.body.secret);
    const claims = committed.slice(before).filter(isClaim);
    expect(claims).toHaveLength(3);
    const written = JSON.stringify(claims);
    for (const secret of [first.body.secret, key, 'Deploy of the plant']) expect(written).not.toContain(secret);
    const events = await Promise.all(allShards().map((shard) => api.store.follow(shard, 0, 1000)));
    expect(JSON.stringify(events)).not.toContain(first.body.secret);
    expect(JSON.stringify(api.logged)).not.toContain(first.body.secret);
  });

  it('is 1 to 255 visible characters', async () => {
    for (const key of ['with space', 'x'.repeat(256), 'ü']) {
      expect(await createTenant(key)).toMatchObject({ status: 400, body: { fields: [{ pointer: 'Idempotency-Key' }] } });
    }
  });
});
