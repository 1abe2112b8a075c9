import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { ask, searchAll } from '#test/decisions/access.ts';
import { startAssent, type Assent } from '#test/support/assent-server.ts';
import { createManagement } from '#test/support/management.ts';

/**
 * The "search" scenario of the AuthZEN working group (authzen-interop.net): six people, twenty records in departments.
 * All that is added to the requests is `context.tenant`.
 */

const PEOPLE = {
  alice: ['manager', 'Sales'],
  bob: ['employee', 'Legal'],
  carol: ['contractor', 'Legal'],
  dan: ['manager', 'Finance'],
  erin: ['employee', 'Finance'],
  felix: ['contractor', 'Accounting'],
} as const;
type Person = keyof typeof PEOPLE;
const everybody = Object.keys(PEOPLE) as Person[];

const [LEGAL, SALES, FINANCE, ACCOUNTING] = ['Legal', 'Sales', 'Finance', 'Accounting'];
/** Record 101 and on: its department; the people own them in turn. */
const DEPARTMENTS = [
  LEGAL, LEGAL, LEGAL, ACCOUNTING, LEGAL, ACCOUNTING, SALES, LEGAL, ACCOUNTING, SALES,
  ACCOUNTING, LEGAL, SALES, ACCOUNTING, FINANCE, LEGAL, LEGAL, ACCOUNTING, LEGAL, ACCOUNTING,
] as const;
const RECORDS = DEPARTMENTS.map((department, place) => ({ id: String(101 + place), department: department!, owner: everybody[place % 6]! }));
const ACTIONS = ['view', 'edit', 'delete'] as const;

/** The published policies. */
function allowed(name: Person, action: (typeof ACTIONS)[number], { department, owner }: (typeof RECORDS)[number]): boolean {
  const [role, own] = PEOPLE[name];
  if (owner === name) return true;
  if (action === 'view') return role === 'manager' || department === own;
  return action === 'edit' && role === 'manager' && department === own;
}

/** Rows of the published tables, so that what is reckoned above is held against them. */
const PUBLISHED: readonly (readonly [Person, string, readonly string[]])[] = [
  ['alice', '101', ['view', 'edit', 'delete']],
  ['alice', '102', ['view']],
  ['alice', '110', ['view', 'edit']],
  ['bob', '104', []],
  ['bob', '117', ['view']],
  ['bob', '120', ['view', 'edit', 'delete']],
  ['carol', '109', ['view', 'edit', 'delete']],
  ['carol', '110', []],
  ['dan', '115', ['view', 'edit']],
  ['dan', '116', ['view', 'edit', 'delete']],
  ['erin', '115', ['view']],
  ['erin', '117', ['view', 'edit', 'delete']],
  ['erin', '118', []],
  ['felix', '104', ['view']],
  ['felix', '112', ['view', 'edit', 'delete']],
];

let assent: Assent;
let world: { issuer: string; resourceServers: any };
let context: object;
beforeAll(async () => {
  assent = await startAssent({ settings: { ASSENT_RESOURCES: 'test/interop/records.resources.yaml' } });
  const manage = await createManagement(assent.issuer, assent.firstOperator);
  const { id: tenant } = await manage.post('/tenants', { name: 'Records' });
  const give = (kind: string, id: string, user: Person, right: string) => manage.put(`/tenants/${tenant}/resources/${kind}/${id}/rights/${user}`, { right });
  const company = { kind: 'company', id: 'company' };
  await manage.post(`/tenants/${tenant}/resources`, {
    nodes: [
      { ...company, title: 'Company', parent: null },
      ...[...new Set(DEPARTMENTS)].map((id) => ({ kind: 'department', id, title: id, parent: company })),
      ...RECORDS.map(({ id, department }) => ({ kind: 'record', id, title: id, parent: { kind: 'department', id: department } })),
    ],
  });
  for (const name of everybody) {
    const [role, department] = PEOPLE[name];
    await manage.post('/users', { id: name, email: `${name}@records.example`, name });
    await manage.post(`/tenants/${tenant}/members`, { user: name });
    await give('department', department, name, role === 'manager' ? 'write' : 'read');
    if (role === 'manager') await give('company', 'company', name, 'read');
  }
  await Promise.all(RECORDS.map(({ id, owner }) => give('record', id, owner, 'manage')));
  const { id, secret } = await manage.post('/resource-servers', { name: 'Records', audience: 'https://records.example' });
  world = { issuer: assent.issuer, resourceServers: { meetings: { id, secret } } };
  context = { tenant };
});
afterAll(() => assent?.stop());

const user = (id: string) => ({ type: 'user', id });
const record = (id: string) => ({ type: 'record', id });

describe('the AuthZEN search scenario', () => {
  test('is the one that was published', () => {
    for (const [name, id, actions] of PUBLISHED) expect(ACTIONS.filter((action) => allowed(name, action, RECORDS.find((each) => each.id === id)!))).toEqual(actions);
  });

  test('R2 finds the actions of each person on each record, and evaluation agrees', async () => {
    for (const name of everybody) {
      await Promise.all(
        RECORDS.map(async (each) => {
          const about = { subject: user(name), resource: record(each.id), context };
          const expected = ACTIONS.filter((action) => allowed(name, action, each));
          expect((await ask(world, 'search/action', about)).body.results).toEqual(expected.map((action) => ({ name: action })));
          const { body } = await ask(world, 'evaluations', { ...about, evaluations: ACTIONS.map((action) => ({ action: { name: action } })) });
          expect(ACTIONS.filter((_, place) => body.evaluations[place].decision)).toEqual(expected);
        }),
      );
    }
    expect((await ask(world, 'search/action', { subject: user('nobody'), resource: record('101'), context })).body.results).toEqual([]);
  });

  test('finds the people who may do something with each record', async () => {
    for (const action of ACTIONS) {
      await Promise.all(
        RECORDS.map(async (each) => {
          const { found } = await searchAll(world, 'subject', { subject: { type: 'user' }, action: { name: action }, resource: record(each.id), context }, 2);
          expect(found.map(({ id }) => id).toSorted()).toEqual(everybody.filter((name) => allowed(name, action, each)));
        }),
      );
    }
  });

  test('finds the records with which each person may do something', async () => {
    for (const name of everybody) {
      for (const action of ACTIONS) {
        const { found } = await searchAll(world, 'resource', { subject: user(name), action: { name: action }, resource: { type: 'record' }, context }, 7);
        expect(found).toEqual(RECORDS.filter((each) => allowed(name, action, each)).map(({ id }) => record(id)));
      }
    }
  });
});
