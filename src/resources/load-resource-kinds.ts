import { z } from 'zod';

import { entriesOf, mapping, namedTwice, parseConfig, readConfigFile, type Found, type Loose } from '#src/config-file.ts';

import { RIGHTS } from './resource.ts';
import type { ResourceKind, ResourceKinds } from './resource-kind.ts';

const word = (what: string) => z.string(`Give ${what}.`).regex(/^[a-z][a-z0-9_]{0,39}$/, 'A name has 1 to 40 small letters, digits and _, and begins with a letter.');

/** Types of resources that decisions know besides: no node of such a kind could be asked about. */
const TAKEN = ['context', 'user_data'];

const kind = z.strictObject({
  name: word('the name').refine((name) => !TAKEN.includes(name), `To a decision these are something else: ${TAKEN.join(', ')}.`),
  title: z.string('Give a title, a few words.').trim().min(1, 'Must not be empty.').max(60, 'At most 60 characters.'),
  parents: z.array(word('names of kinds'), 'List the kinds that it may stand under.').default([]),
  templates: z.array(word('names of templates'), 'List the templates.').default([]),
  pick: z.enum(['one', 'several'], 'pick is one or several.').default('several'),
  actions: z.record(word('the name of an action'), z.enum(RIGHTS, `A right is one of: ${RIGHTS.join(', ')}.`), 'Say the right by action.').optional(),
}, mapping('A kind has name and title, and parents, templates, pick and actions where they matter.'));

const file = z.strictObject(
  { kinds: z.array(kind, 'List the kinds.').min(1, 'List at least one kind.') },
  mapping('Write `kinds:` and a list below it.'),
);

/** Reads the operator's file; throws `ConfigProblems` with all that is wrong in it. */
export const loadResourceKinds = (path: string): ResourceKinds => parseResourceKinds(readConfigFile(path), path);

export const parseResourceKinds = (text: string, path: string): ResourceKinds =>
  resourceKindsOf(parseConfig({ text, path }, file, crossProblems).kinds);

export function resourceKindsOf(kinds: readonly ResourceKind[]): ResourceKinds {
  const byName = new Map(kinds.map((each) => [each.name, each]));
  return { kinds, find: (name) => byName.get(name) };
}

/** What no entry shows alone: names that stand twice, and parents that nobody knows or that come later. */
function crossProblems(data: unknown): Found[] {
  const kinds = entriesOf((data as Loose | null)?.['kinds']);
  const names = kinds.map(({ name }) => name);
  const strangers = kinds.flatMap(({ parents }, place) =>
    (Array.isArray(parents) ? parents : []).flatMap((parent: unknown, at): Found[] => {
      // A kind may stand under its own: sites have subsites.
      const isKnown = typeof parent !== 'string' || names.slice(0, place + 1).includes(parent);
      return isKnown ? [] : [{ path: ['kinds', place, 'parents', at], message: `There is no kind "${parent}" above it. Kinds stand in order, from the top.` }];
    }),
  );
  return [...strangers, ...namedTwice(kinds, ['kinds'])];
}
