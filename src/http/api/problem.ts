import type { Context, Next } from 'koa';
import { z } from 'zod';

import { AppError, ERRORS, type ErrorCode } from '#src/errors.ts';

/** RFC 9457, with `code` from the table of errors and `fields` where single fields are wrong. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:assent:error:` and the code.' }),
    title: z.string().meta({ description: 'What the code means.' }),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string().optional().meta({ description: 'About this very case.' }),
    fields: z
      .array(z.object({ pointer: z.string().meta({ description: 'A JSON pointer (RFC 6901) into the body, or the name of a parameter.' }), detail: z.string() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457).' });

export function problemOf(error: AppError): z.infer<typeof problemSchema> {
  const { code, entry, detail, fields } = error;
  return {
    type: `urn:assent:error:${code}`,
    title: entry.sentence,
    status: entry.status,
    code,
    ...(detail !== undefined && { detail }),
    ...(fields !== undefined && { fields: [...fields] }),
  };
}

/** The JSON edge: whatever is thrown below it becomes a problem; what nobody expected is told to the log only. */
export async function answerProblems(ctx: Context, next: Next): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  try {
    await next();
    if (ctx.status === 404 && ctx.body == null) throw new AppError('not_found');
    if (ctx.status === 405 || ctx.status === 501) throw new AppError('method_not_allowed', { headers: { Allow: ctx.response.get('Allow') } });
  } catch (thrown) {
    const error = thrown instanceof AppError ? thrown : new AppError('internal_error', { cause: thrown });
    if (error.entry.status >= 500) ctx.app.emit('error', error, ctx);
    ctx.status = error.entry.status;
    for (const [name, value] of Object.entries(error.headers ?? {})) ctx.set(name, value);
    ctx.type = 'application/problem+json';
    ctx.body = JSON.stringify(problemOf(error));
  }
}
