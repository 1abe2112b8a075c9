import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { eventsOf } from '#test/support/domain.ts';
import { startRedis, type RedisServer } from '#test/support/redis.ts';
import { startWorld, type World } from '#test/support/world.ts';

let redis: RedisServer;
let world: World;
let store: RecordStore;
let path: string;
beforeAll(async () => {
  redis = await startRedis({ durability: 'none' });
  world = await startWorld({ store: redis.url, settings: { ASSENT_REDIS_ALLOW_UNSAFE: 'true' } });
  store = await openStore(redis.url, { clock: Date.now, allowUnsafe: true });
  path = `/tenants/${world.tenants.northwind}/contexts`;
});
afterAll(async () => {
  await store?.close();
  await world?.stop();
  await redis?.stop();
});

const eventsIn = async (context: string): Promise<any[]> =>
  (await eventsOf(store, shardOf(world.tenants.northwind))).filter((event) => 'context' in event && event.context === context);

const id = (name: keyof World['people']): string => world.people[name].id;
const meeting = async (more: object = {}): Promise<any> =>
  world.manage.post(path, { kind: 'meeting', title: 'Planning', members: [{ user: id('ada'), role: 'owner' }, { user: id('ben'), role: 'participant' }], ...more });
const people = async (context: string): Promise<string[]> =>
  (await world.manage.get(`${path}/${context}/members`)).items.map(({ user, guest, role }: Record<string, string>) => `${user ?? guest} ${role}`);
const refused = async (method: string, at: string, body?: unknown) => (await world.manage.ask(method, at, body)).body;

describe('a context', () => {
  test('R9 has an id that nobody can guess; the number of a meeting is a key to nothing', async () => {
    const [one, other] = [await meeting({ number: '555 0100' }), await meeting({ number: '555 0100', title: 'Another', members: [{ user: id('dan'), role: 'owner' }] })];
    expect(one.id).toMatch(/^ctx_[0-9a-f]{2}[0-9A-Za-z]{22}$/);
    expect(one).toMatchObject({ kind: 'meeting', title: 'Planning', number: '555 0100', status: 'open', endedAt: null });
    expect(other.id).not.toBe(one.id);
    expect((await people(one.id)).toSorted()).toEqual([`${id('ada')} owner`, `${id('ben')} participant`].toSorted());
    expect(await people(other.id)).toEqual([`${id('dan')} owner`]);
    for (const guess of ['555 0100', '5550100']) expect((await world.manage.ask('GET', `${path}/${encodeURIComponent(guess)}`)).status).toBe(404);
    expect((await world.manage.ask('GET', `/tenants/${world.tenants.contoso}/contexts/${one.id}`)).status).toBe(404);
    expect((await world.manage.get(`${path}?limit=2`)).items.map((each: any) => each.title)).toEqual(['Another', 'Planning']);
  });

  test('takes only kinds and roles that there are, people who are there, and an owner', async () => {
    const refusal = async (more: object) => {
      const { code, fields } = await refused('POST', path, { kind: 'meeting', title: 'Planning', members: [{ user: id('ada'), role: 'owner' }], ...more });
      return [code, ...(fields ?? []).map(({ pointer }: { pointer: string }) => pointer)];
    };
    expect(await refusal({ kind: 'party' })).toEqual(['invalid_request', '/kind']);
    expect(await refusal({ members: [{ user: id('ada'), role: 'king' }] })).toEqual(['invalid_request', '/members/0/role']);
    expect(await refusal({ members: [{ user: id('ada'), role: 'participant' }] })).toEqual(['invalid_request', '/members']);
    expect(await refusal({ members: [{ user: id('ada'), role: 'owner' }, { guest: 'phone', role: 'cohost' }] })).toEqual(['invalid_request', '/members/1/role']);
    expect(await refusal({ members: [{ user: id('ada'), role: 'owner' }, { user: id('ada'), role: 'participant' }] })).toEqual(['invalid_request', '/members/1/role']);
    expect(await refusal({ members: [{ user: id('ada'), guest: 'phone', role: 'owner' }] })).toEqual(['invalid_request', '/members/0']);
    expect(await refusal({ members: [{ user: id('erin'), role: 'owner' }] })).toEqual(['not_found']);
  });

  test('R4 a change of role is an event with the role before, and the next reading knows it', async () => {
    const { id: context } = await meeting();
    expect(await world.manage.put(`${path}/${context}/members/${id('ben')}`, { role: 'cohost' })).toMatchObject({ user: id('ben'), guest: null, role: 'cohost' });
    await world.manage.post(`${path}/${context}/members`, { members: [{ user: id('ben'), role: 'participant' }, { user: id('dan'), role: 'participant' }, { guest: 'phone 1', role: 'guest' }] });
    expect(await people(context)).toHaveLength(4);
    await world.manage.remove(`${path}/${context}/members/${id('dan')}`);
    await world.manage.remove(`${path}/${context}/guests/phone%201`);
    expect((await people(context)).toSorted()).toEqual([`${id('ada')} owner`, `${id('ben')} participant`].toSorted());
    expect((await eventsIn(context)).map(({ type, user, guest, role, before }) => [type, user ?? guest, role, before].filter(Boolean).join(' '))).toEqual([
      'context.opened',
      `context.member_joined ${id('ada')} owner`,
      `context.member_joined ${id('ben')} participant`,
      `context.role_changed ${id('ben')} cohost participant`,
      `context.role_changed ${id('ben')} participant cohost`,
      `context.member_joined ${id('dan')} participant`,
      'context.member_joined phone 1 guest',
      `context.member_left ${id('dan')} participant`,
      'context.member_left phone 1 guest',
    ]);
  });

  test('xT6 has one who is still in the tenant: an owner from an earlier stay does not count', async () => {
    const { id: context } = await meeting({ members: [{ user: id('ada'), role: 'owner' }, { user: id('dan'), role: 'owner' }] });
    const tenant = world.tenants.northwind;
    await world.manage.remove(`/tenants/${tenant}/members/${id('dan')}`);
    const adas = `${path}/${context}/members/${id('ada')}`;
    expect([(await refused('DELETE', adas)).code, (await refused('PUT', adas, { role: 'participant' })).code]).toEqual(['conflict', 'conflict']);
    await world.manage.post(`/tenants/${tenant}/members`, { user: id('dan') });
    expect((await refused('DELETE', adas)).code).toBe('conflict');
    await world.manage.put(`${path}/${context}/members/${id('dan')}`, { role: 'owner' });
    await world.manage.remove(adas);
    expect(await people(context)).toEqual([`${id('dan')} owner`]);
  });

  test('always has an owner, also when two owners are taken away at once', async () => {
    const { id: context } = await meeting();
    const member = (name: keyof World['people']) => `${path}/${context}/members/${id(name)}`;
    expect(await refused('DELETE', member('ada'))).toMatchObject({ code: 'conflict' });
    expect(await refused('PUT', member('ada'), { role: 'participant' })).toMatchObject({ code: 'conflict' });
    await world.manage.post(`${path}/${context}/members`, { members: [{ user: id('ada'), role: 'participant' }, { user: id('ben'), role: 'owner' }] });
    await world.manage.put(member('ada'), { role: 'owner' });
    const answers = await Promise.all([world.manage.ask('DELETE', member('ada')), world.manage.ask('PUT', member('ben'), { role: 'participant' })]);
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    expect((await people(context)).filter((each) => each.endsWith(' owner'))).toHaveLength(1);
  });

  test('that ended takes nobody in and is listed apart', async () => {
    const { id: context } = await meeting({ title: 'Short' });
    for (let round = 0; round < 2; round += 1) expect(await world.manage.post(`${path}/${context}/end`)).toMatchObject({ status: 'ended', endedAt: expect.any(String) });
    expect(await refused('PUT', `${path}/${context}/members/${id('dan')}`, { role: 'participant' })).toMatchObject({ code: 'conflict' });
    expect((await world.manage.get(`${path}?status=ended`)).items).toMatchObject([{ title: 'Short' }]);
  });

  test('a place in it ends with the stay in the tenant, and comes anew with the next', async () => {
    const { id: context } = await meeting({ members: [{ user: id('ada'), role: 'owner' }, { user: id('chloe'), role: 'cohost' }] });
    const stay = `/tenants/${world.tenants.northwind}/members`;
    await world.manage.remove(`${stay}/${id('chloe')}`);
    expect((await refused('PUT', `${path}/${context}/members/${id('chloe')}`, { role: 'cohost' })).code).toBe('not_found');
    await world.manage.post(stay, { user: id('chloe') });
    await world.manage.put(`${path}/${context}/members/${id('chloe')}`, { role: 'participant' });
    const events = (await eventsIn(context)).filter(({ user }) => user === id('chloe'));
    expect(events.map(({ type, role }) => `${type} ${role}`)).toEqual(['context.member_joined cohost', 'context.member_joined participant']);
  });
});
