import type { FieldProblem } from '#src/errors.ts';

/** Strings, with the colon that makes one a member's name, and the marks that open, close and separate. */
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\],]/g;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/**
 * Members that `JSON.parse` would let pass: the same name twice in one object (parsers differ in which one wins) and
 * names that reach an object's prototype. `text` must have been accepted by `JSON.parse` before.
 */
export function unsafeMembers(text: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const open: { names: Set<string> | undefined; step: string | number }[] = [];
  for (const [token, quoted = '', colon] of text.matchAll(TOKENS)) {
    const inside = open.at(-1);
    if (token === '{') open.push({ names: new Set(), step: '' });
    else if (token === '[') open.push({ names: undefined, step: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') {
      if (inside && typeof inside.step === 'number') inside.step += 1;
    } else if (inside?.names && colon !== undefined) {
      const name = JSON.parse(quoted) as string;
      inside.step = name;
      const pointer = () => pointerTo(open.map(({ step }) => step));
      if (inside.names.has(name)) problems.push({ pointer: pointer(), detail: 'This member stands here twice.' });
      else if (FORBIDDEN.has(name)) problems.push({ pointer: pointer(), detail: 'This name is not allowed.' });
      inside.names.add(name);
    }
  }
  return problems;
}
