import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { TenantId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { startApi, type ApiWorld } from '#test/support/api.ts';
import { eventsOf } from '#test/support/domain.ts';

let api: ApiWorld;
let [tenant, elsewhere, ada] = ['', '', ''];
beforeAll(async () => {
  api = await startApi();
  const made = async (path: string, body: unknown) => (await api.ask('POST', path, { body })).body.id as string;
  [tenant, elsewhere, ada] = [await made('/tenants', { name: 'Here' }), await made('/tenants', { name: 'There' }), await made('/users', { email: 'ada@here.example', name: 'Ada' })];
  await api.ask('POST', `/tenants/${tenant}/members`, { body: { user: ada } });
});
afterAll(() => api.close());

type Ref = { kind: string; id: string };
const web = (id: string): Ref => ({ kind: 'web', id });
const list = (id: string): Ref => ({ kind: 'list', id });
const at = ({ kind, id }: Ref, more = '', inTenant = tenant) => `/tenants/${inTenant}/resources/${kind}/${encodeURIComponent(id)}${more}`;
const register = (nodes: readonly (Ref & { parent: Ref | null; title?: string; template?: string | null })[], inTenant = tenant) =>
  api.ask('POST', `/tenants/${inTenant}/resources`, { body: { nodes: nodes.map((node) => ({ title: node.id, ...node })) } });
/** A tree of its own for each test: an organisation with a site, and a list in it. */
async function grow(name: string, inTenant = tenant) {
  const top = { kind: 'tenancy', id: name };
  const answer = await register([{ ...top, parent: null }, { ...web(`${name} site`), parent: top }, { ...list(`${name} tasks`), parent: web(`${name} site`), template: 'tasks' }], inTenant);
  expect(answer.status).toBe(200);
  return { top, site: web(`${name} site`), tasks: list(`${name} tasks`) };
}
const titles = async (query: string) => (await api.ask('GET', `/tenants/${tenant}/resources${query}`)).body.items.map(({ title }: { title: string }) => title);
const events = async () => (await eventsOf(api.store, shardOf(tenant))).filter((event) => event.tenant === (tenant as TenantId));

describe('the resource tree', () => {
  it('takes nodes of known kinds at places where they may stand, all or none', async () => {
    const { top } = await grow('places');
    const refused: [Ref & { parent: Ref | null; title?: string; template?: string | null }, string][] = [
      [{ kind: 'robot', id: 'r', parent: top }, '/nodes/1/kind'],
      [{ ...list('homeless'), parent: null }, '/nodes/1/parent'],
      [{ kind: 'tenancy', id: 'second', parent: top }, '/nodes/1/parent'],
      [{ ...list('orphan'), parent: web('no such') }, '/nodes/1/parent'],
      [{ ...list('odd'), parent: top, template: 'spreadsheet' }, '/nodes/1/template'],
      [{ ...list('unnamed'), parent: top, title: ' ' }, '/nodes/1/title'],
      [{ ...list('..'), parent: top }, '/nodes/1/id'],
      [{ ...list('a\nb'), parent: top }, '/nodes/1/id'],
    ];
    for (const [node, pointer] of refused) {
      const answer = await register([{ ...list('good'), parent: top }, node]);
      expect(answer).toMatchObject({ status: 400, body: { fields: [{ pointer }] } });
    }
    expect((await api.ask('GET', at(list('good')))).status).toBe(404);
  });

  it('shows a node with all above it, and lists by title what is under it, of a kind, or found by a word', async () => {
    const { top, site, tasks } = await grow('Umlaut');
    await register([{ ...list('r1'), parent: site, title: 'Ärger im Büro' }, { ...list('r2'), parent: site, title: 'zebra' }, { ...list('r3'), parent: site, title: 'Quarterly report, draft' }]);
    const read = await api.ask('GET', at(tasks));
    expect(read.body).toMatchObject({ ...tasks, template: 'tasks', parent: site, status: 'active', above: [{ ...top, title: 'Umlaut' }, { ...site, status: 'active' }] });
    expect(await titles(`?parentKind=web&parent=${encodeURIComponent(site.id)}`)).toEqual(['Ärger im Büro', 'Quarterly report, draft', 'Umlaut tasks', 'zebra']);
    expect(await titles('?kind=list&search=buro')).toEqual(['Ärger im Büro']);
    expect(await titles('?kind=list&search=report%20dr')).toEqual(['Quarterly report, draft']);
    expect(await titles('?kind=web&search=report')).toEqual([]);
    expect(await titles('')).toContain('Umlaut');

    const paged: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page: { body: { items: { title: string }[]; next: string | null } } = await api.ask('GET', `/tenants/${tenant}/resources?kind=list&limit=2${next && `&after=${next}`}`);
      paged.push(...page.body.items.map(({ title }) => title));
      next = page.body.next;
    }
    expect(paged).toEqual(await titles('?kind=list&limit=200'));
    for (const query of ['?search=x', '?parent=x', '?parentKind=web', '?kind=list&parentKind=web&parent=x']) expect((await api.ask('GET', `/tenants/${tenant}/resources${query}`)).status).toBe(400);
  });

  it('changes, moves, recycles and restores one node, and says so in one event each', async () => {
    const { top, site, tasks } = await grow('life');
    await register([{ ...web('life archive'), parent: top }]);
    const seen = (await events()).length;
    const { etag } = await api.ask('GET', at(tasks));
    expect(await api.ask('PATCH', at(tasks), { body: { title: 'Jobs', template: null }, headers: { 'if-match': etag } })).toMatchObject({ status: 200, body: { title: 'Jobs', template: null } });
    expect(await api.ask('POST', at(site, '/move'), { body: { parent: web('life archive') } })).toMatchObject({ status: 200, body: { parent: web('life archive') } });
    expect((await api.ask('GET', at(tasks))).body.above.map(({ id }: Ref) => id)).toEqual(['life', 'life archive', 'life site']);
    for (const [verb, status] of [['recycle', 'recycled'], ['recycle', 'recycled'], ['restore', 'active']]) {
      expect(await api.ask('POST', at(site, `/${verb}`))).toMatchObject({ status: 200, body: { status } });
      expect((await api.ask('GET', at(tasks))).body.above.at(-1)).toMatchObject({ status });
    }
    expect((await events()).slice(seen).map(({ type }) => type)).toEqual(['resource.updated', 'resource.moved', 'resource.recycled', 'resource.restored']);
    expect((await events()).slice(seen)).toContainEqual(expect.objectContaining({ type: 'resource.moved', kind: 'web', resource: 'life site', parent: web('life archive') }));
  });

  it('registers a node twice without a second event, and moves one that is registered elsewhere', async () => {
    const { top, tasks, site } = await grow('twice');
    const seen = (await events()).length;
    await register([{ ...tasks, parent: site, template: 'tasks' }]);
    expect((await events()).length).toBe(seen);
    await register([{ ...tasks, parent: top }]);
    expect((await events()).slice(seen)).toMatchObject([{ type: 'resource.moved', parent: top }]);
    expect((await api.ask('GET', at(tasks))).body).toMatchObject({ template: 'tasks', parent: top });
  });

  it('makes no circle, also when two moves that would make one come at once', async () => {
    const { top } = await grow('circle');
    await register([{ ...web('a'), parent: top }, { ...web('b'), parent: top }, { ...web('a1'), parent: web('a') }]);
    for (const parent of [web('a'), web('a1')]) expect((await api.ask('POST', at(web('a'), '/move'), { body: { parent } })).status).toBe(400);
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all([api.ask('POST', at(web('a'), '/move'), { body: { parent: web('b') } }), api.ask('POST', at(web('b'), '/move'), { body: { parent: web('a') } })]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
      for (const id of ['a', 'b']) expect((await api.ask('GET', at(web(id)))).body.above[0]).toMatchObject(top);
      for (const id of ['a', 'b']) await api.ask('POST', at(web(id), '/move'), { body: { parent: top } });
    }
  });

  it('S13 deletes a node with all below it; one that is registered again under the same name has nothing of it', async () => {
    const { top, site, tasks } = await grow('phoenix');
    expect((await api.ask('PUT', at(site, `/rights/${ada}`), { body: { right: 'manage' } })).status).toBe(200);
    expect((await api.ask('DELETE', at(site))).status).toBe(204);
    for (const gone of [site, tasks]) expect((await api.ask('GET', at(gone))).status).toBe(404);
    expect((await api.ask('DELETE', at(site))).status).toBe(404);
    expect(await titles('?kind=list&search=phoenix')).toEqual([]);

    await register([{ ...site, parent: top }]);
    expect((await api.ask('GET', at(tasks))).status).toBe(404);
    expect((await api.ask('GET', at(site, '/rights'))).body.items).toEqual([]);
    expect(await titles(`?parentKind=web&parent=${encodeURIComponent(site.id)}`)).toEqual([]);
    await register([{ ...tasks, parent: site }]);
    expect((await api.ask('GET', at(tasks))).body.above).toHaveLength(2);
  });

  it('xT5 keeps nodes apart whatever characters their ids have', async () => {
    const { top } = await grow('odd');
    const ids = ['a:{1}*', 'a/b?c#d%20', '["x"]', 'x"],["y', '__proto__', 'constructor', '\u00e9', 'e\u0301', ' a', '\u{1f512}', 'x'.repeat(200)];
    expect((await register(ids.map((id) => ({ ...list(id), parent: top, title: `Odd ${ids.indexOf(id)}` })))).status).toBe(200);
    for (const [place, id] of ids.entries()) expect((await api.ask('GET', at(list(id)))).body).toMatchObject({ id, title: `Odd ${place}` });
    expect((await register([{ ...list('same'), parent: top }, { ...list('same'), parent: top }])).body.fields).toMatchObject([{ pointer: '/nodes/1/id' }]);
    expect((await register([{ ...list('x'.repeat(201)), parent: top }])).status).toBe(400);
  });

  it('xT1 xT7 is a tree for each tenant: ids, parents and cursors of another are as unknown ones', async () => {
    const { site, tasks } = await grow('mine');
    await register([{ ...web('theirs'), parent: site }]);
    expect((await api.ask('GET', at(tasks, '', elsewhere))).status).toBe(404);
    expect((await register([{ ...list('stolen'), parent: web('theirs') }], elsewhere)).status).toBe(400);
    const { next } = (await api.ask('GET', `/tenants/${tenant}/resources?kind=list&limit=1`)).body;
    expect(await api.ask('GET', `/tenants/${elsewhere}/resources?kind=list&limit=1&after=${next}`)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    await grow('mine', elsewhere);
    expect((await api.ask('DELETE', at(site, '', elsewhere))).status).toBe(204);
    expect((await api.ask('GET', at(tasks))).status).toBe(200);
  });
});

describe('rights on nodes', () => {
  it('are given to members, one or many at once, listed by node and by member, and taken away', async () => {
    const { site, tasks } = await grow('rights');
    expect(await api.ask('POST', at(site, '/rights'), { body: { rights: [{ user: ada, right: 'write' }] } })).toMatchObject({ status: 200, body: { items: [{ user: ada, right: 'write' }] } });
    expect(await api.ask('PUT', at(tasks, `/rights/${ada}`), { body: { right: 'read' } })).toMatchObject({ status: 200, body: { kind: 'list', resource: tasks.id, right: 'read' } });
    expect((await api.ask('GET', at(site, '/rights'))).body.items).toMatchObject([{ user: ada, right: 'write' }]);
    expect((await api.ask('GET', `/tenants/${tenant}/members/${ada}/resource-rights`)).body.items).toMatchObject([{ resource: tasks.id }, { resource: site.id }]);
    expect((await api.ask('DELETE', at(tasks, `/rights/${ada}`))).status).toBe(204);
    expect((await api.ask('DELETE', at(tasks, `/rights/${ada}`))).status).toBe(404);
    expect((await events()).slice(-1)).toMatchObject([{ type: 'resource_right.removed', kind: 'list', resource: tasks.id, user: ada }]);
    expect(await api.ask('POST', at(site, '/rights'), { body: { rights: [{ user: ada, right: 'read' }, { user: 'usr_nobody', right: 'read' }] } })).toMatchObject({ status: 400, body: { fields: [{ pointer: '/rights/1/user' }] } });
    expect((await api.ask('GET', at(site, '/rights'))).body.items).toMatchObject([{ right: 'write' }]);
  });

  it('xT6 end with the stay in which they were given', async () => {
    const { site } = await grow('stay');
    const { id: ben } = (await api.ask('POST', '/users', { body: { email: 'ben@here.example', name: 'Ben' } })).body;
    for (const expected of [['manage'], []]) {
      await api.ask('POST', `/tenants/${tenant}/members`, { body: { user: ben } });
      if (expected.length > 0) await api.ask('PUT', at(site, `/rights/${ben}`), { body: { right: 'manage' } });
      expect((await api.ask('GET', at(site, '/rights'))).body.items.map(({ right }: { right: string }) => right)).toEqual(expected);
      expect((await api.ask('GET', `/tenants/${tenant}/members/${ben}/resource-rights`)).body.items).toHaveLength(expected.length);
      await api.ask('DELETE', `/tenants/${tenant}/members/${ben}`);
    }
  });
});
