import { z } from 'zod';

import { entriesOf, mapping, namedTwice, parseConfig, readConfigFile, type Found, type Loose } from '#src/config-file.ts';

import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue, type Permission } from './permission.ts';
import { isResourcePermission, RESOURCE_PREFIXES } from './resource-permissions.ts';
import { audienceProblem } from './uris.ts';

/** RFC 6749 appendix A.4: visible ASCII without the quotation mark and the backslash. */
const SCOPE_VALUE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

const RESERVED: readonly string[] = [...PROTOCOL_SCOPES, SHARED_ACCESS];

const audience = z.string('Give the audience, an address.').superRefine((uri, context) => {
  const message = audienceProblem(uri);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const entry = z.strictObject({
  name: z
    .string('Give the name, which is the scope value.')
    .regex(SCOPE_VALUE, 'A name has 1 to 100 characters: visible ASCII without " and \\ (RFC 6749 appendix A.4).')
    .refine((name) => !isResourcePermission(name), `No name begins with ${Object.values(RESOURCE_PREFIXES).join(' or ')}: these stand for rights on nodes of the resource tree.`)
    .refine((name) => !RESERVED.includes(name), `These names have a meaning of their own: ${RESERVED.join(', ')}.`),
  title: z.string('Give a title, a few words.').trim().min(1, 'Must not be empty.').max(80, 'At most 80 characters.'),
  explanation: z.string('Give an explanation, a sentence.').trim().min(1, 'Must not be empty.').max(400, 'At most 400 characters.'),
  identities: z
    .array(z.enum(['user', 'tenant'], 'An identity is user or tenant.'), 'List the identities: user, tenant or both.')
    .min(1, 'Name at least one identity.')
    .refine((identities) => new Set(identities).size === identities.length, 'An identity stands here twice.'),
  level: z.enum(['basic', 'advanced', 'restricted'], 'A level is basic, advanced or restricted.'),
  sensitive: z.boolean('sensitive is true or false.').default(false),
  listed_apps: z.boolean('listed_apps is true or false.').default(true),
  resource: audience.optional(),
}, mapping('A permission has name, title, explanation, identities and level.'));

const file = z.strictObject({
  resource: audience.optional(),
  permissions: z.array(entry, 'List the permissions.').min(1, 'List at least one permission.'),
}, mapping('Write `permissions:` and a list below it.'));

/** Reads the operator's file; throws `ConfigProblems` with all that is wrong in it. */
export const loadCatalogue = (path: string): Catalogue => parseCatalogue(readConfigFile(path), path);

export function parseCatalogue(text: string, path: string): Catalogue {
  const { resource, permissions } = parseConfig({ text, path }, file, crossProblems);
  return catalogueOf(
    permissions.map(({ listed_apps: listedApps, ...permission }) => ({ ...permission, listedApps, resource: permission.resource ?? resource ?? '' })),
  );
}

export function catalogueOf(permissions: readonly Permission[]): Catalogue {
  const byName = new Map(permissions.map((permission) => [permission.name, permission]));
  return { permissions, find: (name) => byName.get(name) };
}

/** What no entry shows alone. */
function crossProblems(data: unknown): Found[] {
  const { resource, permissions: list } = (data ?? {}) as Loose;
  const permissions = entriesOf(list);
  const homeless = permissions.flatMap(({ resource: own }, place) =>
    own === undefined && resource === undefined ? [{ path: ['permissions', place], message: 'Give its resource, or one resource for all at the top of the file.' }] : [],
  );
  return [...namedTwice(permissions, ['permissions']), ...homeless];
}
