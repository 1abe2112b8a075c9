import { z } from 'zod';

import type { ErrorCode } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';

import type { Answer, Outcome, RecordAnswer } from './answer.ts';
import { pathParameters, type PathParameters } from './path-parameters.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
export type ApiScope = 'read' | 'manage';
/** Who may call a route: an operator whose token has the scope, or an app, for what is its own. */
export type Audience = ApiScope | 'app';

export type Caller = Actor & { kind: 'operator' | 'app' };

export interface ApiRequest<P = unknown, Q = unknown, B = unknown, C extends Caller = Caller> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** `after` is the store's own cursor, already checked to be of this very list. */
  readonly page: { readonly limit: number; readonly after: string | undefined };
  /** From `If-Match`: only this version may be changed. `undefined` where there was none, or `*`. */
  readonly ifVersion: number | undefined;
  readonly actor: C;
}

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type ParamsOf<Path extends string> = { readonly [Name in NamesIn<Path> & keyof PathParameters]: z.output<PathParameters[Name]> };

interface Spec<D, Path extends string, Q extends z.ZodObject, B extends z.ZodObject, A extends Answer, C extends Caller> {
  readonly method: Method;
  /** Below `/api/v1`; `{name}` stands for one of `pathParameters`. */
  readonly path: Path;
  readonly tag: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly scope: C extends { kind: 'app' } ? 'app' : ApiScope;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** `required` where two operators could undo each other's work without noticing. */
  readonly ifMatch?: 'required' | 'optional';
  /** What can go wrong beyond what can go wrong with every request of this form. */
  readonly errors?: readonly ErrorCode[];
  handle(deps: D, request: ApiRequest<ParamsOf<Path>, z.output<Q>, z.output<B>, C>): Promise<Outcome<A>>;
}

/** A route as data: the router, the OpenAPI document and the test tables are all made from it. */
export interface ApiRoute<D> extends Omit<Spec<D, string, z.ZodObject, z.ZodObject, Answer, Caller>, 'handle' | 'query' | 'body' | 'scope'> {
  readonly scope: Audience;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject | undefined;
  readonly errors: readonly ErrorCode[];
  handle(deps: D, request: ApiRequest<any, any, any, any>): Promise<Outcome<Answer> | Outcome<RecordAnswer>>;
}

const NO_MEMBERS = z.strictObject({});

/** `{items, next}` lists take these two beside their own filters. */
const PAGE_QUERY = {
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items on a page, at most.', param: { id: 'limit' } }),
  after: z.string().max(2000).optional().meta({ description: 'The `next` of the page before.', param: { id: 'after' } }),
};

type NoMembers = z.ZodObject<{}, z.core.$strict>;

/** A route for operators. */
export const route = <D, const Path extends string, A extends Answer, Q extends z.ZodObject = NoMembers, B extends z.ZodObject = NoMembers>(
  spec: Spec<D, Path, Q, B, A, Caller & { kind: 'operator' }>,
): ApiRoute<D> => routeOf(spec);

/** A route for an app about itself, with the app's own token. */
export const appRoute = <D, const Path extends string, A extends Answer, Q extends z.ZodObject = NoMembers, B extends z.ZodObject = NoMembers>(
  spec: Omit<Spec<D, Path, Q, B, A, Caller & { kind: 'app' }>, 'scope'>,
): ApiRoute<D> => routeOf({ ...spec, scope: 'app' });

function routeOf<D>(spec: Spec<D, any, any, any, any, any>): ApiRoute<D> {
  const names = [...(spec.path as string).matchAll(/\{(\w+)\}/g)].map((match) => match[1] as keyof PathParameters);
  const query: z.ZodObject = spec.query ?? NO_MEMBERS;
  return {
    ...spec,
    params: z.strictObject(Object.fromEntries(names.map((name) => [name, pathParameters[name]]))),
    query: spec.answer.form === 'page' ? query.extend(PAGE_QUERY) : query,
    body: spec.body,
    errors: spec.errors ?? [],
  };
}
