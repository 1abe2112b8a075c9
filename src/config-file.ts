import { readFileSync } from 'node:fs';

import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';

/** Something wrong in a file, at a path of keys and places. */
export interface Found {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Everything that is wrong with a file that an operator edits, each problem with its line. */
export class ConfigProblems extends Error {
  override readonly name = 'ConfigProblems';
  readonly problems: readonly string[];

  constructor(path: string, problems: readonly string[]) {
    super(`${path} is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigProblems(path, [`cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`]);
  }
}

/** `across` finds what no value shows alone; it gets unchecked data, so that all is reported together. */
export function parseConfig<S extends z.ZodType>(
  { text, path }: { text: string; path: string },
  schema: S,
  across: (data: unknown) => readonly Found[] = () => [],
): z.output<S> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigProblems(path, document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  }
  const data: unknown = document.toJS();
  const parsed = schema.safeParse(data);
  const found: Found[] = [...(parsed.error?.issues ?? []), ...across(data)];
  if (parsed.success && found.length === 0) return parsed.data;
  throw new ConfigProblems(path, found.map((problem) => describe(problem, document, lines)));
}

/** The message for an object that is none, or has fields that nobody knows. */
export const mapping = (what: string) => ({
  error: (issue: { readonly code?: string; readonly keys?: unknown }) =>
    issue.code === 'unrecognized_keys' ? `Unknown here: ${String(issue.keys)}.` : what,
});

/** A mapping as it stands in the file, unchecked. */
export type Loose = Readonly<Record<string, unknown>>;

/** The entries of a list as it stands in the file; none where there is no list. */
export const entriesOf = (value: unknown): readonly Loose[] => (Array.isArray(value) ? value.map((each: unknown) => (each ?? {}) as Loose) : []);

/** Names that stand twice in the list at this path. */
export function namedTwice(entries: readonly Loose[], at: Found['path']): Found[] {
  const first = new Map<unknown, number>();
  return entries.flatMap(({ name }, place) => {
    const before = first.get(name);
    first.set(name, before ?? place);
    return name === undefined || before === undefined ? [] : [{ path: [...at, place, 'name'], message: `The name stands here twice; first in entry ${before + 1}.` }];
  });
}

/** `line 7, permissions "meetings:read", level: …` */
function describe({ path, message }: Found, document: Document, lines: LineCounter): string {
  const steps = path.map((step, depth) => {
    if (typeof step !== 'number') return String(step);
    const entry = path.slice(0, depth + 1);
    const name = document.getIn([...entry, 'name']) ?? document.getIn([...entry, 'id']);
    return typeof name === 'string' ? JSON.stringify(name) : `entry ${step + 1}`;
  });
  const where = steps.join(', ').replaceAll(/, (?="|entry )/g, ' ');
  return `line ${lineOf(path, document, lines)}${where === '' ? '' : `, ${where}`}: ${message}`;
}

/** The line of the nearest thing on the path that is in the file. */
function lineOf(path: readonly PropertyKey[], document: Document, lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: readonly number[] } | undefined;
    if (node?.range) return lines.linePos(node.range[0] ?? 0).line;
  }
  return 1;
}
