import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { AppId } from '#src/ids.ts';

import { openCursor, sealCursor } from '../cursor.ts';
import { sendLines } from '../json-lines.ts';
import { challenge, schemeOf } from '../token-challenge.ts';
import { createRouter, type WebContext, type WebMiddleware } from '../web-context.ts';
import type { Answer, LinesAnswer, Outcome, PageAnswer, RecordAnswer } from './answer.ts';
import { once, type KeptAnswer } from './idempotency.ts';
import { etagOf, parseIfMatch, parseQuery, parseWith } from './parse.ts';
import { readJson } from './request-body.ts';
import type { ApiRequest, ApiRoute, ApiScope, Audience, Caller } from './route.ts';

export interface Operator {
  readonly operator: string;
  readonly scopes: ReadonlySet<ApiScope>;
}

export interface ApiDeps extends Deps {
  /** Which operator's token the request shows. Refuses with `unauthenticated` when it shows none that is good. */
  authenticate(ctx: WebContext): Promise<Operator>;
  /** The same for an app's own token. Neither kind of token is good for the routes of the other. */
  authenticateApp(ctx: WebContext): Promise<{ readonly app: AppId }>;
  /** 32 bytes, for nothing but cursors and idempotency. */
  readonly apiKey: Uint8Array;
}

export const API_BASE = '/api/v1';
const DOCUMENT_PATH = '/api/openapi.json';

/** Everything below `/api`, as one middleware to be mounted there with the manner `api`. */
export function apiMiddleware<D extends ApiDeps>(deps: D, routes: readonly ApiRoute<D>[], document: () => string): WebMiddleware {
  const router = createRouter();
  for (const each of routes) {
    router.register(API_BASE + each.path.replaceAll(/\{(\w+)\}/g, ':$1'), [each.method], (ctx) => serve(deps, each, ctx));
  }
  router.get(DOCUMENT_PATH, (ctx) => {
    ctx.set('cache-control', 'public, max-age=300');
    ctx.type = 'application/json';
    ctx.body = document();
  });
  return router.routes() as unknown as WebMiddleware;
}

/** The order of the checks, the same for every route. Nothing of the body is read for a stranger. */
async function serve<D extends ApiDeps>(deps: D, route: ApiRoute<D>, ctx: WebContext & { params?: unknown }): Promise<void> {
  const actor = await authenticated(deps, route.scope, ctx);
  const params = parseParams(route, ctx.params);
  const query = parseQuery(route.query, ctx.querystring);
  const { text, value } = await readJson(ctx);
  const body = route.body ? parseWith(route.body, value) : refuseMembers(value);
  if (route.ifMatch === 'required' && ctx.get('If-Match') === '') throw new AppError('precondition_required');
  const ifVersion = parseIfMatch(ctx.get('If-Match'));

  const { limit, after, ...filters } = query as { limit?: number; after?: string };
  const list = JSON.stringify([route.method, route.path, params, filters]);
  const page = { limit: limit ?? 1, after: after === undefined ? undefined : openCursor(after, { list, key: deps.apiKey }) };
  const request: ApiRequest = { params, query: filters, body, ifVersion, page, actor };
  const { answer } = route;
  if (answer.form === 'lines') return sendLines(ctx, shownLines(answer, (await route.handle(deps, request)) as Outcome<LinesAnswer>));
  const effect = async () => render(answer, await route.handle(deps, request), { list, key: deps.apiKey });

  const idempotencyKey = ctx.get('Idempotency-Key');
  if (route.method === 'post' && idempotencyKey !== '') {
    const asked = [ctx.method, ctx.path, ctx.querystring, ctx.get('If-Match'), text];
    const kept = await once(deps, { caller: actor.id, idempotencyKey, request: asked, secret: deps.apiKey }, effect);
    if (kept.replayed) ctx.set('Idempotency-Replayed', 'true');
    send(ctx, kept);
  } else {
    send(ctx, await effect());
  }
}

async function authenticated(deps: ApiDeps, audience: Audience, ctx: WebContext): Promise<Caller> {
  if (audience === 'app') return { kind: 'app', id: (await deps.authenticateApp(ctx)).app };
  const operator = await deps.authenticate(ctx);
  requireScope(ctx, audience, operator);
  return { kind: 'operator', id: operator.operator };
}

function requireScope(ctx: WebContext, scope: ApiScope, { scopes }: Operator): void {
  if (scopes.has(scope) || scopes.has('manage')) return;
  throw new AppError('forbidden', {
    detail: `This needs a token with the scope ${scope}.`,
    headers: { 'WWW-Authenticate': challenge(schemeOf(ctx), { error: 'insufficient_scope', scope }) },
  });
}

function parseParams<D>(route: ApiRoute<D>, params: unknown): unknown {
  const parsed = route.params.safeParse({ ...(params as object) });
  if (!parsed.success) throw new AppError('not_found');
  return parsed.data;
}

/** A route without a body takes none, or `{}` as some clients send. */
function refuseMembers(value: unknown): unknown {
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return {};
  throw new AppError('invalid_request', { detail: 'This request takes no body.' });
}

async function* shownLines({ schema }: LinesAnswer, { pages }: Outcome<LinesAnswer>): AsyncGenerator<readonly object[], void> {
  for await (const page of pages) yield page.map((each) => schema.parse(each) as object);
}

type Bound = { readonly list: string; readonly key: Uint8Array };

function render(answer: Exclude<Answer, LinesAnswer>, outcome: Outcome<Answer> | Outcome<RecordAnswer>, bound: Bound): KeptAnswer {
  if (answer.form === 'empty') return { status: answer.status, headers: {}, body: '' };
  if (answer.form === 'page') {
    const { items, next } = outcome as Outcome<PageAnswer>;
    const sealed = next === undefined ? null : sealCursor(next, bound);
    return { status: 200, headers: {}, body: JSON.stringify({ items: items.map((item) => answer.schema.parse(item)), next: sealed }) };
  }
  const { body, version, location } = outcome as Outcome<RecordAnswer>;
  return {
    status: answer.status,
    headers: {
      ...(answer.tagged && version !== undefined && { ETag: etagOf(version) }),
      ...(location !== undefined && { Location: API_BASE + location }),
    },
    body: JSON.stringify(answer.schema.parse(body)),
  };
}

function send(ctx: WebContext, { status, headers, body }: KeptAnswer): void {
  ctx.status = status;
  ctx.set('cache-control', 'no-store');
  ctx.set({ ...headers });
  if (body === '') return;
  ctx.type = 'application/json';
  ctx.body = body;
}
