import { z } from 'zod';

import type { ErrorCode } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';

import type { Answer, Outcome, RecordAnswer } from './answer.ts';
import { pathParameters, type PathParameters } from './path-parameters.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type ApiScope = 'read' | 'manage';


export interface ApiRequest<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** `after` is the store's own cursor, already checked to be of this very list. */
  readonly page: { readonly limit: number; readonly after: string | undefined };
  /** From `If-Match`: only this version may be changed. `undefined` where there was none, or `*`. */
  readonly ifVersion: number | undefined;
  readonly actor: Actor & { kind: 'operator' };
}

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type ParamsOf<Path extends string> = { readonly [Name in NamesIn<Path> & keyof PathParameters]: z.output<PathParameters[Name]> };

interface Spec<D, Path extends string, Q extends z.ZodObject, B extends z.ZodObject, A extends Answer> {
  readonly method: Method;
  /** Below `/api/v1`; `{name}` stands for one of `pathParameters`. */
  readonly path: Path;
  readonly tag: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: ApiScope;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** `required` where two operators could undo each other's work without noticing. */
  readonly ifMatch?: 'required' | 'optional';
  /** What can go wrong beyond what can go wrong with every request of this form. */
  readonly errors?: readonly ErrorCode[];
  handle(deps: D, request: ApiRequest<ParamsOf<Path>, z.output<Q>, z.output<B>>): Promise<Outcome<A>>;
}

/** A route as data: the router, the OpenAPI document and the test tables are all made from it. */
export interface ApiRoute<D> extends Omit<Spec<D, string, z.ZodObject, z.ZodObject, Answer>, 'handle' | 'query' | 'body'> {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject | undefined;
  readonly errors: readonly ErrorCode[];
  handle(deps: D, request: ApiRequest<any, any, any>): Promise<Outcome<Answer> | Outcome<RecordAnswer>>;
}

const NO_MEMBERS = z.strictObject({});

/** `{items, next}` lists take these two beside their own filters. */
export const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items on a page, at most.', param: { id: 'limit' } }),
  after: z.string().max(2000).optional().meta({ description: 'The `next` of the page before.', param: { id: 'after' } }),
};

export function route<
  D,
  const Path extends string,
  A extends Answer,
  Q extends z.ZodObject = z.ZodObject<{}, z.core.$strict>,
  B extends z.ZodObject = z.ZodObject<{}, z.core.$strict>,
>(spec: Spec<D, Path, Q, B, A>): ApiRoute<D> {
  const names = [...spec.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as keyof PathParameters);
  const query: z.ZodObject = spec.query ?? NO_MEMBERS;
  return {
    ...spec,
    params: z.strictObject(Object.fromEntries(names.map((name) => [name, pathParameters[name]]))),
    query: spec.answer.form === 'page' ? query.extend(PAGE_QUERY) : query,
    body: spec.body,
    errors: spec.errors ?? [],
  };
}
