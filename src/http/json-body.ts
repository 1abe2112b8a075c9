import { AppError } from '#src/errors.ts';

import { readBody } from './read-body.ts';
import { isPrototypeKey } from './refuse-malformed.ts';
import type { WebContext } from './web-context.ts';

/** The JSON of this request, not yet checked for its shape. Keys that reach into prototypes and NUL are refused (xP15). */
export async function jsonBody(ctx: WebContext, { limit = 256 * 1024 } = {}): Promise<unknown> {
  if (ctx.request.is('application/json', '+json') === false) throw new AppError('unsupported_media_type');
  const text = await readBody(ctx.req, limit);
  try {
    return JSON.parse(text, (name, value: unknown) => {
      if (isPrototypeKey(name)) throw new AppError('invalid_request', { detail: 'A name in the body is not allowed.' });
      if (typeof value === 'string' && value.includes('\0')) {
        throw new AppError('invalid_request', { detail: 'The body holds a NUL character.' });
      }
      return value;
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('invalid_request', { detail: 'The body is not valid JSON.' });
  }
}
