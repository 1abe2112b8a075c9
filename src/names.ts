import { AppError, type FieldProblem } from './errors.ts';

/** Controls and invisible characters let a name pose as another or turn the text around it (threat xC6). */
const HIDDEN = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** A line of text as it is kept: NFC, single spaces, nothing invisible. Throws `invalid_request`. */
function line(text: string, { pointer, shortest, longest }: { pointer: string; shortest: number; longest: number }): string {
  const kept = text.normalize('NFC').trim().replaceAll(/\p{Zs}+/gu, ' ');
  const length = [...kept].length;
  const fields: FieldProblem[] = [];
  if (length < shortest) fields.push({ pointer, detail: 'Must not be empty.' });
  if (length > longest) fields.push({ pointer, detail: `At most ${longest} characters.` });
  if (HIDDEN.test(kept)) fields.push({ pointer, detail: 'Must not contain line breaks, control characters or invisible characters.' });
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  return kept;
}

/** 1 to 100 characters. */
export const displayName = (text: string, pointer = '/name'): string => line(text, { pointer, shortest: 1, longest: 100 });

/** Up to 200 characters. */
export const displaySentence = (text: string, pointer: string): string => line(text, { pointer, shortest: 0, longest: 200 });

/** What somebody wrote in a few lines: up to 500 characters, kept as one line. */
export const displayNote = (text: string, pointer: string): string =>
  line(text.replaceAll(/\s+/gu, ' '), { pointer, shortest: 0, longest: 500 });

/** An id that the caller chose: visible ASCII, at most 128 characters, with the prefix of its kind if that matters. */
export function chosenId(id: string, prefix = ''): string {
  if (/^[\x21-\x7e]{1,128}$/.test(id) && id.startsWith(prefix)) return id;
  const how = prefix === '' ? '' : ` and begins with "${prefix}"`;
  throw new AppError('invalid_request', {
    fields: [{ pointer: '/id', detail: `An id has 1 to 128 visible ASCII characters${how}.` }],
  });
}
