import { z } from 'zod';

import { entriesOf, mapping, namedTwice, parseConfig, readConfigFile, type Found, type Loose } from '#src/config-file.ts';

import { OWNER, type ContextKind, type ContextKinds } from './context-kind.ts';

const MOST_METHODS = 200;

const word = (what: string) =>
  z.string(`Give ${what}.`).regex(/^[a-z][a-z0-9_.:-]{0,99}$/, 'A name begins with a small letter; then up to 99 more of a-z, 0-9 and _ . : -');
const title = z.string('Give a title, a few words.').trim().min(1, 'Must not be empty.').max(80, 'At most 80 characters.');

const role = z.strictObject({ name: word('the name of the role'), title }, mapping('A role has name and title.'));

const method = z
  .strictObject({
    name: word('the name of the method'),
    title,
    roles: z.array(z.string('Name a role.'), 'List the roles that may call it.').min(1, 'Name at least one role.'),
    permission: z.string('A permission is a name of the catalogue.').optional(),
    own: z.union([z.boolean(), z.array(z.string()).min(1)], 'own is true, false or a list of roles.').default(false),
    authorized: z.boolean('authorized is true or false.').default(true),
  }, mapping('A method has name, title and roles, and can have permission, own and authorized.'))
  .transform(({ permission, ...rest }) => ({ ...rest, permission: permission ?? null }));

const kind = z.strictObject({
  name: word('the name of the kind'),
  title,
  roles: z.array(role, 'List the roles, from most to least.').min(1, 'List at least one role.'),
  methods: z.array(method, 'List the methods.').max(MOST_METHODS, `At most ${MOST_METHODS} methods.`),
}, mapping('A kind has name, title, roles and methods.'));

const file = z.strictObject({ kinds: z.array(kind, 'List the kinds of contexts.') }, mapping('Write `kinds:` and a list below it.'));

/** Whether the catalogue has a permission of this name that a person can give an app. */
export type IsUserPermission = (name: string) => boolean;

/** Reads the operator's file; throws `ConfigProblems` with all that is wrong in it. */
export const loadContextKinds = (path: string, isUserPermission: IsUserPermission): ContextKinds =>
  parseContextKinds(readConfigFile(path), path, isUserPermission);

export function parseContextKinds(text: string, path: string, isUserPermission: IsUserPermission): ContextKinds {
  const { kinds } = parseConfig({ text, path }, file, (data) => across(data, isUserPermission));
  return contextKindsOf(kinds);
}

export function contextKindsOf(kinds: readonly ContextKind[]): ContextKinds {
  const byName = new Map(kinds.map((each) => [each.name, each]));
  return { kinds, find: (name) => byName.get(name) };
}

/** What no value shows alone. */
function across(data: unknown, isUserPermission: IsUserPermission): Found[] {
  const kinds = entriesOf((data as Loose | null)?.['kinds']);
  return [
    ...namedTwice(kinds, ['kinds']),
    ...kinds.flatMap((each, place) => {
      const at = ['kinds', place];
      const roles = entriesOf(each['roles']);
      const names = roles.map((role) => role['name']);
      const methods = entriesOf(each['methods']);
      return [
        ...(roles.length > 0 && !names.includes(OWNER) ? [{ path: [...at, 'roles'], message: `One of the roles is ${OWNER}.` }] : []),
        ...namedTwice(roles, [...at, 'roles']),
        ...namedTwice(methods, [...at, 'methods']),
        ...methods.flatMap((entry, index) => methodProblems(entry, { path: [...at, 'methods', index], roles: names, isUserPermission })),
      ];
    }),
  ];
}

function methodProblems(
  { roles, permission, own, authorized }: Loose,
  { path, roles: known, isUserPermission }: { path: Found['path']; roles: readonly unknown[]; isUserPermission: IsUserPermission },
): Found[] {
  const found: Found[] = [];
  const strangers = (Array.isArray(roles) ? roles : []).filter((each) => typeof each === 'string' && !known.includes(each));
  if (strangers.length > 0) found.push({ path: [...path, 'roles'], message: `No such role here: ${strangers.join(', ')}.` });
  if (Array.isArray(own) && Array.isArray(roles) && own.some((each) => !roles.includes(each))) {
    found.push({ path: [...path, 'own'], message: 'Name only roles that may call it.' });
  }
  if (typeof permission === 'string' && !isUserPermission(permission)) {
    found.push({ path: [...path, 'permission'], message: `The catalogue has no permission ${permission} for user identity.` });
  }
  if (typeof permission === 'string' && authorized === false) {
    found.push({ path: [...path, 'authorized'], message: 'Who has not connected the app has given it no permission: leave one of the two out.' });
  }
  return found;
}
