import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { evaluate, findCaller } from '#src/decisions/evaluate.ts';
import type { Caller } from '#src/decisions/gather-facts.ts';
import { searchActions, searchResources, searchSubjects } from '#src/decisions/search.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';

import { ACTIONS, mayDo, METHODS, PERMISSIONS, type NaiveWorld, type Thing, type Who } from './naive.ts';
import { depsFor } from './store-world.ts';
import { APPS, PEOPLE, worlds } from './worlds.ts';

let store: RecordStore;
let kept: ReturnType<typeof depsFor>;
beforeAll(async () => {
  store = await openStore('sqlite::memory:', { clock: () => Date.parse('2026-11-21T20:00:00Z') });
  kept = depsFor(store);
});
afterAll(() => store.close());

const asker = { audience: 'https://api.example' };

const APPS_ALONE: readonly Who[] = APPS.map((app) => ({ person: null, guest: null, app }));
const OTHERS: readonly Who[] = [
  ...PEOPLE.flatMap((person) => [null, ...APPS].map((app) => ({ person, guest: null, app }))),
  ...[null, ...APPS].map((app) => ({ person: null, guest: 'Gus', app })),
];
const SUBJECTS: readonly Who[] = [...APPS_ALONE, ...OTHERS];
const entityOf = ({ person, guest, app }: Who) => (person === null ? (guest === null ? { type: 'app', id: app! } : { type: 'guest', id: guest }) : { type: 'user', id: person });
const contextOf = (tenant: string, { person, guest, app }: Who) => ({ tenant, ...(app !== null && (person ?? guest) !== null && { app }) });

/** All that can be asked about in a world: every thing, with somebody it belongs to and without. */
function thingsIn(world: NaiveWorld): Thing[] {
  const owners = [null, PEOPLE[0]!];
  return [
    ...world.nodes.flatMap((_, node) => owners.map((owner): Thing => ({ is: 'node', node, owner }))),
    ...world.contexts.flatMap((_, context) => owners.map((owner): Thing => ({ is: 'context', context, owner }))),
    ...[...PEOPLE, 'usr_nobody'].map((owner): Thing => ({ is: 'data', owner })),
  ];
}
function resourceOf(world: NaiveWorld, thing: Thing) {
  if (thing.is === 'data') return { type: 'user_data', id: thing.owner };
  const properties = thing.owner === null ? undefined : { owner: thing.owner };
  if (thing.is === 'context') return { type: 'context', id: world.contexts[thing.context]!.id, properties };
  const { kind, id } = world.nodes[thing.node]!;
  return { type: kind, id, properties };
}
const actionsOn = (world: NaiveWorld, thing: Thing) => Object.keys(thing.is === 'data' ? PERMISSIONS : thing.is === 'context' ? METHODS : ACTIONS[world.nodes[thing.node]!.kind]!);

/** Page by page, as short as pages can be. */
async function all(search: (at: { from: { skip: number; after?: string | undefined }; limit: number }) => Promise<{ results: readonly string[]; next: { skip: number; after?: string | undefined } | undefined }>): Promise<string[]> {
  const found: string[] = [];
  for (let from: { skip: number; after?: string | undefined } | undefined = { skip: 0 }; from; ) {
    const { results, next }: Awaited<ReturnType<typeof search>> = await search({ from, limit: 2 });
    found.push(...results);
    from = next;
  }
  return found;
}

let made = 0;

async function inWorlds(numRuns: number, check: (world: NaiveWorld, tenant: string, subjects: readonly Who[]) => Promise<void>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(worlds, fc.shuffledSubarray([...OTHERS], { minLength: 3, maxLength: 3 }), async (world, subjects) => {
      const tenant = `ten_${(made += 1)}`;
      await kept.keep(world, tenant);
      await check(world, tenant, [...APPS_ALONE, ...subjects]);
    }),
    // A smaller world is no easier to read; the first that fails is told.
    { numRuns, endOnFailure: true },
  );
}

describe('R2 S2 S5 S6 Z3 Z8 L6 in generated worlds', () => {
  test('every evaluation decides as the naive rules do', async () => {
    let [yes, no] = [0, 0];
    await inWorlds(15, async (world, tenant, subjects) => {
      const questions = subjects.flatMap((who) => thingsIn(world).flatMap((thing) => [...actionsOn(world, thing), 'nonsense'].map((action) => ({ who, thing, action }))));
      const answers = await Promise.all(
        questions.map(async (question) => {
          const { who, thing, action } = question;
          const asked = { subject: entityOf(who), action: { name: action }, resource: resourceOf(world, thing), context: contextOf(tenant, who) };
          const { allowed } = (await evaluate(kept.deps, asked, asker)).decision;
          if (allowed) yes += 1;
          else no += 1;
          return { ...question, allowed };
        }),
      );
      expect(answers.filter(({ who, action, thing, allowed }) => allowed !== mayDo(world, who, action, thing))).toEqual([]);
    });
    // Both happen often enough that agreeing says something.
    expect(Math.min(yes, no)).toBeGreaterThan(50);
  });

  test('every search finds exactly what evaluation allows', async () => {
    await inWorlds(8, async (world, tenant, subjects) => {
      const wrong: object[] = [];
      const compare = (about: object, found: readonly string[], expected: readonly string[]) => {
        if (JSON.stringify(found.toSorted()) !== JSON.stringify(expected.toSorted())) wrong.push({ ...about, found, expected });
      };
      const ownerless = thingsIn(world).filter((thing) => thing.is === 'data' || thing.owner === null);
      for (const who of subjects) {
        const [subject, context] = [entityOf(who), contextOf(tenant, who)];
        const caller = (await findCaller(kept.deps, { subject, resource: {}, context }, asker)) as Caller;
        const actions = thingsIn(world).map(async (thing) => {
          const found = await all((at) => searchActions(kept.deps, caller, { subject, resource: resourceOf(world, thing), context, ...at }));
          compare({ who, thing }, found, actionsOn(world, thing).filter((action) => mayDo(world, who, action, thing)));
        });
        const resources = [['user_data', 'a:read'], ['user_data', 'c:all'], ['context', 'show'], ['context', 'list'], ['web', 'read'], ['list', 'edit']].map(async ([type = '', action = '']) => {
          const found = await all((at) => searchResources(kept.deps, caller, { subject, action: { name: action }, resource: { type }, context, ...at }));
          const things = ownerless.filter((thing) => resourceOf(world, thing).type === type && mayDo(world, who, action, thing));
          compare({ who, type, action }, found, things.map((thing) => resourceOf(world, thing).id));
        });
        await Promise.all([...actions, ...resources]);
      }
      const inApps = [null, APPS[0]!];
      await Promise.all(
        ownerless.flatMap((thing) =>
          inApps.flatMap((app) =>
            ['user', 'guest', 'app'].map(async (type) => {
              const [action = ''] = actionsOn(world, thing);
              const context = { tenant, ...(app !== null && type !== 'app' && { app }) };
              const found = await all((at) => searchSubjects(kept.deps, { subject: { type }, tenant: tenant as never, action: { name: action }, resource: resourceOf(world, thing), context, ...at }));
              const everybody = SUBJECTS.filter((who) => entityOf(who).type === type && (type === 'app' || who.app === app));
              compare({ type, app, action, thing }, found, everybody.filter((who) => mayDo(world, who, action, thing)).map((who) => entityOf(who).id));
            }),
          ),
        ),
      );
      expect(wrong).toEqual([]);
    });
  });
});
