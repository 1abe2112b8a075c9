import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import type { AssentServer } from '#test/support/assent-server.ts';
import { createHttpBrowser } from '#test/support/http-browser.ts';
import { connect, introspect } from '#test/support/oauth-flow.ts';
import { startRedis, type RedisServer } from '#test/support/redis.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** On Redis, where keys are text: what an id holds must not make two of them one. */
let redis: RedisServer;
let world: World<AssentServer>;

beforeAll(async () => {
  redis = await startRedis();
  world = await startWorld({ store: redis.url });
});
afterAll(async () => {
  await world.stop();
  await redis.stop();
});

/** Pairs that look alike to whoever joins, splits, globs, trims, folds or decodes. */
const IDS = ['*', '{s0}', '{}', 'a:b', 'a', 'b', 'a/b', 'a%2Fb', 'a%3Ab', ':', '::', '{a}:b', '{a', 'a}', '[a]', '["a","b"]', 'a|b', 'a,b', 'a\\b', 'A', "a'b", 'a"b', 'a?b', 'a#b', '__proto__', 'constructor', 's0:counter', '-', '~', 'x'.repeat(128)];
const path = (...parts: string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join('');

describe('xT5 no two ids are one, whatever characters they have', () => {
  test('tenants', async () => {
    const made = [];
    for (const id of IDS) {
      const { status } = await world.manage.ask('POST', '/tenants', { id, name: `Tenant of ${IDS.indexOf(id)}` });
      expect([201, 400]).toContain(status);
      if (status === 201) made.push(id);
    }
    expect(made).toEqual(expect.arrayContaining(['*', 'a:b', '{s0}', '{}', '{a}:b']));
    for (const id of made) {
      const { status, body } = await world.manage.ask('GET', path('tenants', id));
      expect({ id, status, body }).toMatchObject({ id, status: 200, body: { id, name: `Tenant of ${IDS.indexOf(id)}` } });
      expect((await world.manage.ask('POST', '/tenants', { id, name: 'Again' })).status).toBe(409);
    }
  });

  test('members: pairs of tenant and user that join to the same text are different members', async () => {
    const pairs = [['a', 'b:c'], ['a:b', 'c'], ['t', '*'], ['{t', '}u'], ['{t}', 'u'], ['t/', 'u'], ['t', '/u'], ['["t"', '"u"]'], ['*', 'u']] as const;
    for (const tenant of new Set(pairs.map(([id]) => `t-${id}`))) await world.manage.post('/tenants', { id: tenant, name: 'T' });
    for (const [place, user] of [...new Set(pairs.map(([, id]) => `u-${id}`))].entries()) await world.manage.post('/users', { id: user, email: `u${place}@ids.example`, name: 'U' });
    for (const [tenant, user] of pairs) await world.manage.post(`${path('tenants', `t-${tenant}`)}/members`, { user: `u-${user}`, role: 'admin' });
    for (const [tenant, user] of pairs) {
      const { items } = await world.manage.get(`${path('tenants', `t-${tenant}`)}/members`);
      expect({ tenant, users: items.map((item: { user: string }) => item.user).toSorted() }).toEqual({
        tenant,
        users: pairs.filter(([other]) => other === tenant).map(([, id]) => `u-${id}`).toSorted(),
      });
      expect((await world.manage.get(path('tenants', `t-${tenant}`, 'members', `u-${user}`))).user).toBe(`u-${user}`);
    }
    // Removing one leaves its look-alikes.
    await world.manage.remove(path('tenants', 't-a', 'members', 'u-b:c'));
    expect((await world.manage.ask('GET', path('tenants', 't-a:b', 'members', 'u-c'))).status).toBe(200);
  });

  test('grants and tokens of a person and a tenant with such ids are theirs alone, and die alone', async () => {
    const people = [['g{1}:*', 'p:*'], ['g{1}', '*:p'], ['g*', 'p{1}']] as const;
    const tokens = [];
    for (const [place, [tenant, user]] of people.entries()) {
      const email = `p${place}@ids.example`;
      const { password } = world.people.dan;
      await world.manage.post('/tenants', { id: tenant, name: `G${place}` });
      await world.manage.post('/users', { id: user, email, name: `P${place}`, password });
      await world.manage.post(`${path('tenants', tenant)}/members`, { user });
      const connected = await connect(world, { id: user, email, name: `P${place}`, password }, { browser: createHttpBrowser(), parameters: { tenant } });
      tokens.push(connected.tokens.access_token);
      expect((await introspect(world, connected.tokens.access_token)).body).toMatchObject({ active: true, tenant, sub: user });
    }
    const [tenant, user] = people[0];
    const { items } = await world.manage.get(`${path('tenants', tenant)}/grants?user=${encodeURIComponent(user)}`);
    expect(items).toHaveLength(1);
    await world.manage.remove(`${path('tenants', tenant)}/grants/${items[0].id}`);
    expect(await Promise.all(tokens.map(async (token) => (await introspect(world, token)).body.active))).toEqual([false, true, true]);
  });

  test('a name that is a step in a path, empty, too long or invisible is none', async () => {
    for (const id of ['.', '..', '', 'x'.repeat(129), 'a b', 'a\0b', 'a\nb', 'ä', '\u202e']) {
      const { status, body } = await world.manage.ask('POST', '/tenants', { id, name: 'Bad' });
      expect({ id, status, code: body.code }).toEqual({ id, status: 400, code: 'invalid_request' });
    }
  });
});

test('I10 nothing broke, and the log holds no secret', () => {
  expect(aftermath(world)).toEqual([]);
});
