import { readFileSync } from 'node:fs';

interface EventShape {
  readonly types: readonly string[];
  readonly fields: readonly string[];
}

/** The members of the union `Happening`, read from its source: types are gone when the program runs. */
export function eventShapes(source: string): readonly EventShape[] {
  const union = /export type Happening =\n((?: {2}\|.*\n| {4,}.*\n|\s*\/\*\*.*\n)+)/.exec(source)?.[1];
  if (union === undefined) throw new Error('src/events.ts has no union called Happening in the form this reads.');
  const members = union.matchAll(/\|\s*\{([^}]*)\}/g);
  return [...members].map(([, body = '']) => {
    const fields = body.split(';').map((field) => field.trim()).filter((field) => field !== '');
    const types = [...(fields.find((field) => field.startsWith('type:')) ?? '').matchAll(/'([^']+)'/g)].map(([, type = '']) => type);
    if (types.length === 0) throw new Error(`An event without a type: {${body}}`);
    return { types, fields: fields.filter((field) => !field.startsWith('type:')) };
  });
}

const inWords = (type: string): string =>
  type === 'readonly string[]'
    ? 'list of texts'
    : type
        .split('|')
        .map((choice) => choice.trim().replaceAll("'", '').replace(/^\w+Id$/, 'id'))
        .join(' or ');

function field(text: string): string {
  const [name = '', type = ''] = text.split(/:\s*/, 2);
  return `\`${name}\` (${inWords(type)})`;
}

export function eventsPage(): string {
  const rows = eventShapes(readFileSync('src/events.ts', 'utf8')).flatMap(({ types, fields }) => {
    const bound = fields.some((text) => text.startsWith('tenant:') && !text.includes('null'));
    const others = fields.filter((text) => !text.startsWith('tenant:')).map(field);
    return types.map((type) => `| \`${type}\` | ${bound ? 'yes' : '–'} | ${others.join(', ') || '–'} |`);
  });
  return `# Events

What can happen. An event is stored in the same commit as the change it tells of, so it exists exactly when the change does. Every event also
has an \`id\` (UUIDv7), \`at\` (ISO 8601, UTC) and an \`actor\`. No event carries a secret.

| type | bound to a tenant | carries |
|---|---|---|
${rows.toSorted().join('\n')}
`;
}
