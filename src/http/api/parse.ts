import type { z } from 'zod';

import { AppError, type FieldProblem } from '#src/errors.ts';

import { pointerTo } from './json-members.ts';

/** More than these are not told at once. */
const FIELDS = 20;

/** `value` as the schema wants it, or `invalid_request` with every wrong field. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, pointer = pointerTo): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue): FieldProblem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((name) => ({ pointer: pointer([...issue.path, name]), detail: 'There is no such member.' }))
      : [{ pointer: pointer(issue.path), detail: issue.message }],
  );
  throw new AppError('invalid_request', { fields: fields.slice(0, FIELDS) });
}

/** Query parameters, each at most once: servers and proxies differ in which one of two they believe. */
export function parseQuery<S extends z.ZodType>(schema: S, text: string): z.output<S> {
  const parameters = new URLSearchParams(text);
  const twice = [...new Set(parameters.keys())].filter((name) => parameters.getAll(name).length > 1);
  if (twice.length > 0) {
    throw new AppError('invalid_request', {
      fields: twice.slice(0, FIELDS).map((name) => ({ pointer: name, detail: 'This parameter stands here twice.' })),
    });
  }
  return parseWith(schema, Object.fromEntries(parameters), (path) => path.join('.'));
}

export const etagOf = (version: number): string => `"${version}"`;

/** One strong tag, or `*` for whatever there is now. A tag that is not one of ours is a version that no record has. */
export function parseIfMatch(header: string): number | undefined {
  if (header === '*' || header === '') return undefined;
  if (!/^(W\/)?"[\x21\x23-\x7e]{0,200}"$/.test(header)) {
    throw new AppError('invalid_request', { fields: [{ pointer: 'If-Match', detail: 'Send one ETag as you read it, or *.' }] });
  }
  const version = /^"(0|[1-9]\d{0,15})"$/.test(header) ? Number(header.slice(1, -1)) : -1;
  return Number.isSafeInteger(version) ? version : -1;
}
