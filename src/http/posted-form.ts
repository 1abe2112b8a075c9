import { AppError } from '#src/errors.ts';

import { checkCsrfToken } from './csrf.ts';
import { readBody } from './read-body.ts';
import { isPrototypeKey } from './refuse-malformed.ts';
import type { WebContext } from './web-context.ts';

const LONGEST_FORM = 64 * 1024;
const MOST_FIELDS = 500;

/** What a person sent with a form. */
export interface PostedForm {
  /** The value, or `''` when there is none. Sent twice, it is refused. */
  one(name: string): string;
  /** Every value: ticked boxes of one name, say. */
  all(name: string): readonly string[];
  has(name: string): boolean;
}

/**
 * The form of this POST, after its token was checked. `purpose` is the one that the page passed to `csrfToken`.
 * A POST handler that begins with this line cannot forget the check.
 */
export async function postedForm(ctx: WebContext, purpose: string): Promise<PostedForm> {
  const form = (ctx.state.form ??= await readForm(ctx));
  checkCsrfToken(ctx, purpose, form.one('csrf'));
  return form;
}

async function readForm(ctx: WebContext): Promise<PostedForm> {
  if (ctx.request.is('application/x-www-form-urlencoded') === false) {
    throw new AppError('unsupported_media_type', { detail: 'Send application/x-www-form-urlencoded.' });
  }
  const fields = new URLSearchParams(await readBody(ctx.req, LONGEST_FORM));
  if (fields.size > MOST_FIELDS) throw new AppError('payload_too_large', { detail: 'The form has too many fields.' });
  for (const [name, value] of fields) {
    if (isPrototypeKey(name) || name.includes('\0') || value.includes('\0')) {
      throw new AppError('invalid_request', { detail: 'The form holds a name or a character that is not allowed.' });
    }
  }
  return {
    all: (name) => fields.getAll(name),
    has: (name) => fields.has(name),
    one: (name) => {
      const [value = '', ...more] = fields.getAll(name);
      if (more.length > 0) throw new AppError('invalid_request', { detail: `The field ${JSON.stringify(name)} stands there twice.` });
      return value;
    },
  };
}
