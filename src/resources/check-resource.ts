import { AppError, type FieldProblem } from '#src/errors.ts';
import { displaySentence } from '#src/names.ts';

import type { ResourceRef } from './resource.ts';
import type { ResourceKinds } from './resource-kind.ts';

export interface ResourceInput extends ResourceRef {
  /** As it was, unless given; a new node has one. */
  readonly title?: string;
  readonly parent: ResourceRef | null;
  /** As it was, unless given. */
  readonly template?: string | null;
}

const LONGEST_ID = 200;

/** Throws `invalid_request` with all that is wrong, whatever stands in the tree. */
export function checkedResource(input: ResourceInput, kinds: ResourceKinds, pointer: string): ResourceInput {
  const kind = kinds.find(input.kind);
  const fields: FieldProblem[] = [];
  if (!kind) fields.push({ pointer: `${pointer}/kind`, detail: `There is no such kind. Those there are: ${kinds.kinds.map(({ name }) => name).join(', ')}.` });
  const idProblem = problemOfId(input.id);
  if (idProblem !== undefined) fields.push({ pointer: `${pointer}/id`, detail: idProblem });
  if (kind && typeof input.template === 'string' && !kind.templates.includes(input.template)) {
    const known = kind.templates.length === 0 ? 'This kind has none.' : `Those there are: ${kind.templates.join(', ')}.`;
    fields.push({ pointer: `${pointer}/template`, detail: `There is no such template. ${known}` });
  }
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  return input.title === undefined ? input : { ...input, title: checkedTitle(input.title, `${pointer}/title`) };
}

function checkedTitle(text: string, pointer: string): string {
  const title = displaySentence(text, pointer);
  if (title === '') throw new AppError('invalid_request', { fields: [{ pointer, detail: 'Must not be empty.' }] });
  return title;
}

/** The platform's own id, of any form that survives a trip through an address. */
function problemOfId(id: string): string | undefined {
  if (id === '' || id.length > LONGEST_ID) return `An id has 1 to ${LONGEST_ID} characters.`;
  if (!id.isWellFormed() || /\p{Cc}/u.test(id)) return 'An id has no control characters.';
  return /^\.+$/.test(id) ? 'An id must not be a step in a path.' : undefined;
}
