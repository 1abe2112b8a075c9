import { AppError } from '#src/errors.ts';

import { readBody } from '../read-body.ts';
import type { WebContext } from '../web-context.ts';
import { unsafeMembers } from './json-members.ts';

/** Nothing that an operator sends comes near it. */
const LIMIT = 64 * 1024;
const JSON_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i;
const FIELDS = 20;

export interface JsonBody {
  /** As it was sent; empty when there was no body. */
  readonly text: string;
  readonly value: unknown;
}

/** The body as strict JSON: no member twice, no name that reaches a prototype. */
export async function readJson(ctx: WebContext): Promise<JsonBody> {
  const { headers } = ctx.req;
  if (Number(headers['content-length'] ?? 0) === 0 && headers['transfer-encoding'] === undefined) return { text: '', value: undefined };
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new AppError('unsupported_media_type', { headers: { Accept: 'application/json' } });
  const text = await readBody(ctx.req, LIMIT);
  return { text, value: text === '' ? undefined : parse(text) };
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_request', { detail: 'The body is not JSON.', cause });
  }
  const fields = unsafeMembers(text);
  if (fields.length > 0) throw new AppError('invalid_request', { fields: fields.slice(0, FIELDS) });
  return value;
}
