import { readFileSync } from 'node:fs';

import { LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';

import { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue, type Permission } from './permission.ts';
import { audienceProblem } from './uris.ts';

/** RFC 6749 appendix A.4: visible ASCII without the quotation mark and the backslash. */
const SCOPE_VALUE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

const RESERVED: readonly string[] = [...PROTOCOL_SCOPES, SHARED_ACCESS];

const audience = z.string('Give the audience, an address.').superRefine((uri, context) => {
  const message = audienceProblem(uri);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const mapping = (what: string) => ({
  error: (issue: { readonly code?: string; readonly keys?: unknown }) =>
    issue.code === 'unrecognized_keys' ? `Unknown here: ${String(issue.keys)}.` : what,
});

const entry = z.strictObject({
  name: z
    .string('Give the name, which is the scope value.')
    .regex(SCOPE_VALUE, 'A name has 1 to 100 characters: visible ASCII without " and \\ (RFC 6749 appendix A.4).')
    .refine((name) => !RESERVED.includes(name), `These names have a meaning of their own: ${RESERVED.join(', ')}.`),
  title: z.string('Give a title, a few words.').trim().min(1, 'Must not be empty.').max(80, 'At most 80 characters.'),
  explanation: z.string('Give an explanation, a sentence.').trim().min(1, 'Must not be empty.').max(400, 'At most 400 characters.'),
  identities: z
    .array(z.enum(['user', 'tenant'], 'An identity is user or tenant.'), 'List the identities: user, tenant or both.')
    .min(1, 'Name at least one identity.')
    .refine((identities) => new Set(identities).size === identities.length, 'An identity stands here twice.'),
  level: z.enum(['basic', 'advanced', 'restricted'], 'A level is basic, advanced or restricted.'),
  sensitive: z.boolean('sensitive is true or false.').default(false),
  resource: audience.optional(),
}, mapping('A permission has name, title, explanation, identities and level.'));

const file = z.strictObject({
  resource: audience.optional(),
  permissions: z.array(entry, 'List the permissions.').min(1, 'List at least one permission.'),
}, mapping('Write `permissions:` and a list below it.'));

/** Everything that is wrong with a configuration file, each problem with its line. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[]) {
    super(`${path} is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

type Found = { readonly path: readonly PropertyKey[]; readonly message: string };

/** Reads the operator's file; throws `ConfigProblems` with all that is wrong in it. */
export function loadCatalogue(path: string): Catalogue {
  return parseCatalogue(textOf(path), path);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigProblems(path, [`cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`]);
  }
}

export function parseCatalogue(text: string, path: string): Catalogue {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigProblems(path, document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  }
  const data: unknown = document.toJS();
  const parsed = file.safeParse(data);
  const found: Found[] = [...(parsed.error?.issues ?? []), ...crossProblems(data)];
  if (!parsed.success || found.length > 0) {
    throw new ConfigProblems(path, found.map((problem) => describe(problem, document, lines)));
  }
  const { resource, permissions } = parsed.data;
  return catalogueOf(permissions.map((permission) => ({ ...permission, resource: permission.resource ?? resource ?? '' })));
}

export function catalogueOf(permissions: readonly Permission[]): Catalogue {
  const byName = new Map(permissions.map((permission) => [permission.name, permission]));
  return { permissions, find: (name) => byName.get(name) };
}

/** What no entry shows alone. Looks at unchecked data, so that it is reported together with the rest. */
function crossProblems(data: unknown): Found[] {
  const { resource, permissions } = (data ?? {}) as { resource?: unknown; permissions?: unknown };
  if (!Array.isArray(permissions)) return [];
  const firstPlace = new Map<unknown, number>();
  return permissions.flatMap((permission: unknown, place) => {
    const { name, resource: own } = (permission ?? {}) as Partial<Permission>;
    const found: Found[] = [];
    const first = firstPlace.get(name);
    if (name !== undefined && first !== undefined) {
      found.push({ path: ['permissions', place, 'name'], message: `The name stands here twice; first in entry ${first + 1}.` });
    }
    firstPlace.set(name, first ?? place);
    if (own === undefined && resource === undefined) {
      found.push({ path: ['permissions', place], message: 'Give its resource, or one resource for all at the top of the file.' });
    }
    return found;
  });
}

function describe({ path, message }: Found, document: Document, lines: LineCounter): string {
  const place = typeof path[1] === 'number' ? path[1] : undefined;
  const name = place === undefined ? undefined : document.getIn(['permissions', place, 'name']);
  const which = place === undefined ? [] : [`permission ${typeof name === 'string' ? `"${name}"` : place + 1}`];
  const field = path.filter((step) => typeof step === 'string').slice(which.length);
  return `${[`line ${lineOf(path, document, lines)}`, [...which, ...field].join(' ')].filter(Boolean).join(', ')}: ${message}`;
}

/** The line of the nearest thing on the path that is in the file. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: readonly number[] } | undefined;
    if (node?.range) return lines.linePos(node.range[0] ?? 0).line;
  }
  return 1;
}
