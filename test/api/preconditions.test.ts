import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { apiRoutes } from '#src/api.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';
import { furnish } from '#test/support/api-furniture.ts';

let api: ApiWorld;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

let worlds = 0;
const furnished = () => furnish(api, `world-${(worlds += 1)}`);
const fill = (path: string, ids: Readonly<Record<string, string>>) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '');

const guarded = apiRoutes.filter(({ ifMatch }) => ifMatch !== undefined);
/** Where the record is read that a route changes. */
const readable = (path: string) => path.replace(/\/(status|secret|secrets|secrets\/\{secret\}|decision|permissions|data-range|move|recycle|restore)$/, '');

it.each(guarded.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s by two operators who read the same ETag succeeds for one',
  async (_, route) => {
    const { ids, bodies } = await furnished();
    const { etag } = await api.ask('GET', fill(readable(route.path), ids));
    expect(etag).toMatch(/^"\d+"$/);
    if (route.operationId === 'removeSecret') return removesOneOfTwo(ids);

    const ask = () => api.ask(route.method, fill(route.path, ids), { body: bodies[route.operationId], headers: { 'if-match': etag } });
    const statuses = (await Promise.all([ask(), ask()])).map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses[0]).toBe(route.answer.status);
    // What the winner removed may be gone for the other before it is looked at.
    const told = route.errors.includes('review_decided') ? [409] : [412];
    expect(route.answer.form === 'empty' ? [404, 409, 412] : told).toContain(statuses[1]);
  },
);

/** The last secret stays, so it takes two; adding one makes another ETag. */
async function removesOneOfTwo(ids: Readonly<Record<string, string>>): Promise<void> {
  await api.ask('POST', `/apps/${ids['app']}/secrets`);
  const { etag, body } = await api.ask('GET', `/apps/${ids['app']}`);
  const answers = await Promise.all(
    body.secrets.map(({ id }: { id: string }) => api.ask('DELETE', `/apps/${ids['app']}/secrets/${id}`, { headers: { 'if-match': etag } })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
}
