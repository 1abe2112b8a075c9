import { z } from 'zod';

import { type AppError, ERRORS, type ErrorCode } from '#src/errors.ts';

/** RFC 9457, with `code` from the table of errors and `fields` where single fields are wrong. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:assent:error:` and the code.' }),
    title: z.string().meta({ description: 'What the code means.' }),
    status: z.int(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    detail: z.string().optional().meta({ description: 'About this very case.' }),
    fields: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'A JSON pointer (RFC 6901) into the body, or the name of a parameter.' }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'The single fields that are wrong.' }),
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
