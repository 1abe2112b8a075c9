import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { ask } from '#test/decisions/access.ts';
import { startAssent, type Assent } from '#test/support/assent-server.ts';
import { createManagement } from '#test/support/management.ts';

/**
 * The "todo" scenario of the AuthZEN working group (authzen-interop.net, "Todo 1.1"): the same five people, actions and
 * todos, asked with the same requests. All that is added is where the list is: `context.tenant` and `context.context`.
 */

/** By what the scenario calls them: the subjects of its requests, and the addresses that own todos. */
const PEOPLE = {
  rick: { email: 'rick@the-citadel.com', role: 'owner' },
  morty: { email: 'morty@the-citadel.com', role: 'editor' },
  summer: { email: 'summer@the-smiths.com', role: 'editor' },
  beth: { email: 'beth@the-smiths.com', role: 'viewer' },
  jerry: { email: 'jerry@the-smiths.com', role: 'viewer' },
} as const;
type Person = keyof typeof PEOPLE;
const everybody = Object.keys(PEOPLE) as Person[];

let assent: Assent;
let world: { issuer: string; resourceServers: any };
let context: object;
beforeAll(async () => {
  assent = await startAssent({ settings: { ASSENT_CONTEXTS: 'test/interop/todo.contexts.yaml' } });
  const manage = await createManagement(assent.issuer, assent.firstOperator);
  const { id: tenant } = await manage.post('/tenants', { name: 'The Citadel' });
  for (const name of everybody) {
    // People are known by their addresses here, so that whoever is named as an owner is the same as the subject.
    await manage.post('/users', { id: PEOPLE[name].email, email: PEOPLE[name].email, name });
    await manage.post(`/tenants/${tenant}/members`, { user: PEOPLE[name].email });
  }
  const members = everybody.map((name) => ({ user: PEOPLE[name].email, role: PEOPLE[name].role }));
  const { id: list } = await manage.post(`/tenants/${tenant}/contexts`, { kind: 'todo_list', title: 'Todos', members });
  const { id, secret } = await manage.post('/resource-servers', { name: 'Todo backend', audience: 'https://todo.example' });
  world = { issuer: assent.issuer, resourceServers: { meetings: { id, secret } } };
  context = { tenant, context: list };
});
afterAll(() => assent?.stop());

const subject = (name: Person) => ({ type: 'user', id: PEOPLE[name].email });
const todoOf = (owner: Person) => ({ type: 'todo', id: `7240d0db-8ff0-41ec-98b2-34a09627${owner}`, properties: { ownerID: PEOPLE[owner].email } });

type Row = readonly [action: string, resource: object | ((self: Person) => object), allowed: readonly Person[]];
const TABLE: readonly Row[] = [
  ['can_read_user', { type: 'user', id: PEOPLE.beth.email }, everybody],
  ['can_read_user', (self) => ({ type: 'user', id: PEOPLE[self].email }), everybody],
  ['can_read_todos', { type: 'todo', id: 'todo-1' }, everybody],
  ['can_create_todo', { type: 'todo', id: 'todo-1' }, ['rick', 'morty', 'summer']],
  ['can_update_todo', todoOf('rick'), ['rick']],
  ['can_update_todo', todoOf('morty'), ['rick', 'morty']],
  ['can_update_todo', todoOf, ['rick', 'morty', 'summer']],
  ['can_delete_todo', todoOf('rick'), ['rick']],
  ['can_delete_todo', todoOf('morty'), ['rick', 'morty']],
  ['can_delete_todo', todoOf, ['rick', 'morty', 'summer']],
];

describe('the AuthZEN todo scenario', () => {
  test.each(everybody)('S5 R3 answers each request of %s as published', async (name) => {
    for (const [action, resource, allowed] of TABLE) {
      const asked = { subject: subject(name), action: { name: action }, resource: typeof resource === 'function' ? resource(name) : resource, context };
      const { status, body } = await ask(world, 'evaluation', asked);
      expect([asked.action, asked.resource, status, body.decision]).toEqual([asked.action, asked.resource, 200, allowed.includes(name)]);
    }
  });

  test('answers its lists of evaluations as published', async () => {
    const published: [Person, Person, boolean[]][] = [
      ['rick', 'jerry', [true, true]],
      ['morty', 'morty', [false, true]],
      ['jerry', 'jerry', [false, false]],
    ];
    for (const [name, other, decisions] of published) {
      const evaluations = [{ resource: todoOf('rick') }, { resource: todoOf(other) }];
      const { body } = await ask(world, 'evaluations', { subject: subject(name), action: { name: 'can_update_todo' }, resource: {}, context, evaluations });
      expect(body.evaluations.map(({ decision }: { decision: boolean }) => decision)).toEqual(decisions);
    }
  });

  test('R2 finds by searching for actions what each may do with Morty’s todo', async () => {
    const [seeing, changing] = [['can_read_user', 'can_read_todos'], ['can_update_todo', 'can_delete_todo']];
    const expected: Record<Person, string[]> = {
      rick: [...seeing, 'can_create_todo', ...changing],
      morty: [...seeing, 'can_create_todo', ...changing],
      summer: [...seeing, 'can_create_todo'],
      beth: seeing,
      jerry: seeing,
    };
    for (const name of everybody) {
      const { body } = await ask(world, 'search/action', { subject: subject(name), resource: todoOf('morty'), context });
      expect([name, body.results]).toEqual([name, expected[name].map((action) => ({ name: action }))]);
    }
  });
});
