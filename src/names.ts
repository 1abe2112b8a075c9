import { AppError, type FieldProblem } from './errors.ts';

const LONGEST = 100;

/** Controls and invisible characters let a name pose as another or turn the text around it (threat xC6). */
const HIDDEN = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** A name as it is kept: NFC, single spaces, 1 to 100 characters, nothing invisible. Throws `invalid_request`. */
export function displayName(text: string, pointer = '/name'): string {
  const name = text.normalize('NFC').trim().replaceAll(/\p{Zs}+/gu, ' ');
  const problem = (detail: string): FieldProblem => ({ pointer, detail });
  const fields: FieldProblem[] = [];
  if (name === '') fields.push(problem('Must not be empty.'));
  if ([...name].length > LONGEST) fields.push(problem(`At most ${LONGEST} characters.`));
  if (HIDDEN.test(name)) fields.push(problem('Must not contain line breaks, control characters or invisible characters.'));
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  return name;
}

/** An id that the caller chose: visible ASCII, at most 128 characters. */
export function chosenId(id: string): string {
  if (/^[\x21-\x7e]{1,128}$/.test(id)) return id;
  throw new AppError('invalid_request', {
    fields: [{ pointer: '/id', detail: 'An id has 1 to 128 visible ASCII characters.' }],
  });
}
