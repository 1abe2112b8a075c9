import { SECRETS, type Setting, SETTINGS } from '#src/settings/table.ts';

const ALL: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ...Object.values(SECRETS)];

const code = (text: string | null, otherwise: string) => (text === null ? otherwise : text === '' ? 'none' : `\`${text}\``);

export function settingsPage(): string {
  const rows = ALL.map(({ variable, fallback, sentence }) => {
    const { development, production } = fallbacks(fallback);
    const same = production !== null && production === development;
    return `| \`${variable}\` | ${code(development, '–')} | ${same ? 'the same' : code(production, '**must be set**')} | ${sentence} |`;
  });
  return `# Settings

Settings are environment variables. An empty one counts as not set; a variable that begins with \`ASSENT_\` and is not in this table stops the start.
Times are seconds, or have a unit: \`90s\`, \`5m\`, \`1h\`, \`30d\`. [example.env](../../config/example.env) lists them ready to copy.

| variable | in development | in production | what it does |
|---|---|---|---|
${rows.join('\n')}
`;
}

export function exampleEnvironment(): string {
  const entries = ALL.map(({ variable, fallback, sentence }) => {
    const { production } = fallbacks(fallback);
    return `# ${sentence.replaceAll('`', '')}\n${production === null ? `${variable}=` : `# ${variable}=${production}`}`;
  });
  return `# Settings of Assent in production, with their defaults. Fill in the empty ones and uncomment what you change.
# Start with a copy of it: npx node --env-file=assent.env src/main.ts

NODE_ENV=production

${entries.join('\n\n')}
`;
}

const fallbacks = (fallback: Setting<unknown>['fallback']) =>
  typeof fallback === 'string' ? { development: fallback, production: fallback } : fallback;
