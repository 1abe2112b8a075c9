import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { startApi, type ApiWorld } from '#test/support/api.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

it('operator credentials are created with a secret that is shown once, read and removed; the last that may manage stays', async () => {
  const created = await api.ask('POST', '/operators', { body: { name: 'Deploy', scopes: ['manage'] } });
  expect(created).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^opr_/), scopes: ['manage'], secret: expect.stringMatching(/^assent_op_/) } });
  const { secret, ...shown } = created.body;
  const path = `/operators/${shown.id}`;
  const read = await api.ask('GET', path);
  expect(read.body).toEqual(shown);
  expect(read.text).not.toContain(secret);
  expect((await api.ask('GET', '/operators')).body.items).toEqual([shown]);
  expect(await api.ask('DELETE', path)).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/last credential that may manage/) } });

  const second = await api.ask('POST', '/operators', { body: { name: 'Second', scopes: ['manage', 'read'] } });
  const removals = await Promise.all([path, `/operators/${second.body.id}`].map((each) => api.ask('DELETE', each)));
  expect(removals.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409]);
  expect((await api.ask('GET', '/operators')).body.items).toHaveLength(1);
  expect((await api.ask('POST', '/operators', { body: { name: 'Nothing', scopes: [] } })).status).toBe(400);
});
