import type { Context } from 'koa';

import { AppError } from '#src/errors.ts';

import { unsafeMembers } from './json-members.ts';

/** Nothing that an operator sends comes near it. */
const LIMIT = 64 * 1024;
const JSON_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i;

export interface JsonBody {
  /** Byte for byte what was sent; empty when there was no body. */
  readonly text: string;
  readonly value: unknown;
}

/** The body as strict JSON in UTF-8: no compression, no member twice, no name that reaches a prototype. */
export async function readJson(ctx: Context): Promise<JsonBody> {
  const { headers } = ctx.req;
  const announced = Number(headers['content-length'] ?? 0);
  if (announced === 0 && headers['transfer-encoding'] === undefined) return { text: '', value: undefined };
  if (announced > LIMIT) throw new AppError('payload_too_large');
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || (headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new AppError('unsupported_media_type', { headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' } });
  }
  const text = await readText(ctx);
  return { text, value: text === '' ? undefined : parse(text) };
}

async function readText(ctx: Context): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // The plain iterator would destroy the socket with the stream, and the answer with the socket.
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) {
      ctx.req.resume();
      throw new AppError('payload_too_large');
    }
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError('invalid_request', { detail: 'The body is not UTF-8.', cause });
  }
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_request', { detail: 'The body is not JSON.', cause });
  }
  const fields = unsafeMembers(text);
  if (fields.length > 0) throw new AppError('invalid_request', { fields: fields.slice(0, 20) });
  return value;
}
