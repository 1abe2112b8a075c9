import { readFileSync } from 'node:fs';

interface EventShape {
  readonly types: readonly string[];
  readonly fields: readonly string[];
}

/** The members of the union `Happening`, read from its source: types are gone when the program runs. */
export function eventShapes(source: string): readonly EventShape[] {
  const union = /export type Happening =\n(.*?);\n\n/s.exec(source)?.[1] ?? '';
  const shapes = [...union.matchAll(/\|\s*\{([^}]*)\}/g)].map(([, body = '']) => shapeOf(body));
  const named = new Set(union.match(/'[a-z_]+\.[a-z_]+'/g));
  if (named.size === 0 || named.size !== new Set(shapes.flatMap(({ types }) => types)).size) {
    throw new Error('src/events.ts has the union Happening in a form that scripts/documents/events.ts cannot read.');
  }
  return shapes;
}

function shapeOf(body: string): EventShape {
  const fields = body.split(';').map((field) => field.trim()).filter((field) => field !== '');
  const isType = (field: string) => field.startsWith('type:');
  const types = [...(fields.find(isType) ?? '').matchAll(/'([^']+)'/g)].map(([, type = '']) => type);
  return { types, fields: fields.filter((field) => !isType(field)) };
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
has an \`id\` (UUIDv7), \`at\` (ISO 8601, UTC) and an \`actor\`; in the audit trail also where its request came from. No event carries a secret.

| type | bound to a tenant | carries |
|---|---|---|
${rows.toSorted().join('\n')}
`;
}
