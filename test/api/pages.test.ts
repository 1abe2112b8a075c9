import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openCursor, sealCursor } from '#src/http/cursor.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';
import { furnish, type Furnished } from '#test/support/api-furniture.ts';

let api: ApiWorld;
let here: Furnished;
let elsewhere: Furnished;
beforeAll(async () => {
  api = await startApi();
  [here, elsewhere] = [await furnish(api, 'here'), await furnish(api, 'elsewhere')];
});
afterAll(() => api.close());

/** Every item of a list, walked page by page. */
async function walk(path: string, limit: number): Promise<any[]> {
  const items: any[] = [];
  let next: string | null = null;
  let pages = 0;
  do {
    const after: string = next === null ? '' : `&after=${next}`;
    const { status, body } = await api.ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after}`);
    expect(status).toBe(200);
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    next = body.next;
    pages += 1;
    expect(pages).toBeLessThan(200);
  } while (next !== null);
  expect(pages).toBeGreaterThan(1);
  return items;
}

const make = async (count: number, path: string, body: (place: number) => unknown): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, async (_, place) => (await api.ask('POST', path, { body: body(place) })).body.id as string));

describe('pages', () => {
  it('walk over all shards and show each item once', async () => {
    const made = await make(60, '/tenants', (place) => ({ name: `Tenant ${place}` }));
    const all = [...made, here.ids['tenant'], elsewhere.ids['tenant']].toSorted();
    for (const limit of [1, 7, 60]) {
      expect((await walk('/tenants', limit)).map(({ id }) => id).toSorted()).toEqual(all);
    }
  });

  it('walk within one tenant and in its order', async () => {
    const path = `/tenants/${here.ids['tenant']}/roles`;
    const made = await make(12, path, (place) => ({ name: `Role ${place}`, capabilities: [] }));
    const walked = await walk(path, 5);
    expect(walked.map(({ id }) => id).toSorted()).toEqual([...made, here.ids['role']].toSorted());
    expect(walked.map(({ id }) => id)).toEqual(walked.map(({ id }) => id).toSorted());
  });

  it('keep their place while items come and go', async () => {
    const path = `/tenants/${here.ids['tenant']}/roles`;
    const first = (await api.ask('GET', `${path}?limit=3`)).body;
    await api.ask('DELETE', `${path}/${first.items[2].id}`);
    const second = (await api.ask('GET', `${path}?limit=3&after=${first.next}`)).body;
    expect(second.items).toHaveLength(3);
    for (const { id } of first.items) expect(second.items.map((item: { id: string }) => item.id)).not.toContain(id);
  });

  it('have between 1 and 200 items', async () => {
    for (const limit of ['0', '201', '-1', '1.5', 'all', '']) {
      expect(await api.ask('GET', `/tenants?limit=${limit}`)).toMatchObject({ status: 400, body: { fields: [{ pointer: 'limit' }] } });
    }
  });
});

describe('cursors', () => {
  const cursorOf = async (path: string): Promise<string> => (await api.ask('GET', path)).body.next;

  it('xT7 open no other list, no other tenant, no other filter', async () => {
    const [mine, theirs] = [`/tenants/${here.ids['tenant']}`, `/tenants/${elsewhere.ids['tenant']}`];
    const roles = await cursorOf(`${mine}/roles?limit=1`);
    const members = await cursorOf(`${mine}/members?limit=1`);
    const tenants = await cursorOf('/tenants?limit=1');
    const [user, other] = [here.ids['user'], elsewhere.ids['user']];
    await api.ask('POST', `${mine}/delegations`, { body: here.bodies['giveDelegation'] });
    const refused = [
      `${theirs}/roles?after=${roles}`,
      `${mine}/members?after=${roles}`,
      `${mine}/roles?after=${members}`,
      `/users?after=${tenants}`,
      `/tenants?after=${roles}`,
      `${mine}/delegations?giver=${other}&after=${await cursorOf(`${mine}/members?limit=1`)}`,
      `${mine}/grants?user=${user}&after=${members}`,
    ];
    for (const path of refused) expect(await api.ask('GET', path)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    expect((await api.ask('GET', `${mine}/roles?after=${roles}`)).status).toBe(200);
  });

  it('are refused when they were made up or changed', async () => {
    const good = await cursorOf('/tenants?limit=1');
    const changed = [...good].map((_, place) => good.slice(0, place) + (good[place] === 'A' ? 'B' : 'A') + good.slice(place + 1));
    for (const cursor of ['', 'x', 'AAAA', `${good}A`, `${good}=`, good.slice(1), ...changed]) {
      expect(await api.ask('GET', `/tenants?after=${cursor}`)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    }
  });

  it('have one text, and say nothing under another key', () => {
    const key = Buffer.alloc(32, 1);
    const sealed = sealCursor('ü/00\u0000', { list: 'a', key });
    expect(openCursor(sealed, { list: 'a', key })).toBe('ü/00\u0000');
    for (const other of [{ list: 'b', key }, { list: 'a', key: Buffer.alloc(32, 2) }]) {
      expect(() => openCursor(sealed, other)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
    }
  });
});
