import { AppError } from '#src/errors.ts';
import { readJson } from '#src/http/api/request-body.ts';
import { openCursor, sealCursor } from '#src/http/cursor.ts';
import { createRouter, type WebContext, type WebMiddleware } from '#src/http/web-context.ts';
import type { ResourceServer } from '#src/apps/resource-server.ts';
import type { RecentReads } from '#src/storage/recent-reads.ts';

import { answer } from './answer.ts';
import { authenticateAsker } from './authenticate-asker.ts';
import type { Found } from './candidates.ts';
import type { Denial } from './decision.ts';
import { findCaller } from './evaluate.ts';
import { answerAll } from './evaluations.ts';
import { reasonOf } from './explain.ts';
import type { FindToken } from './found-token.ts';
import { once, type AskingDeps } from './gather-facts.ts';
import { nextToken, openPage, type PageAsked, type Seal } from './page-token.ts';
import { noTenant, tenantNamed } from './question.ts';
import { parseEvaluation, parseEvaluations, parsed, SEARCHES } from './request.ts';
import { SEARCHABLE, searchActions, searchResources, searchSubjects } from './search.ts';

export interface AccessDeps extends AskingDeps, Pick<RecentReads, 'readRecent'> {
  /** 32 bytes, for nothing but page tokens. */
  readonly pageKey: Uint8Array;
}

export const ACCESS_PATHS = ['/access', '/.well-known/authzen-configuration'] as const;

const ENDPOINTS = {
  access_evaluation_endpoint: '/access/v1/evaluation',
  access_evaluations_endpoint: '/access/v1/evaluations',
  search_subject_endpoint: '/access/v1/search/subject',
  search_resource_endpoint: '/access/v1/search/resource',
  search_action_endpoint: '/access/v1/search/action',
} as const;

type Handler = (body: unknown, asker: ResourceServer) => Promise<object>;

/** The OpenID AuthZEN Authorization API 1.0, to be mounted at `ACCESS_PATHS` with the manner `api`. */
export function accessRoutes(deps: AccessDeps): WebMiddleware {
  const handlers: Readonly<Record<keyof typeof ENDPOINTS, Handler>> = {
    access_evaluation_endpoint: async (body, asker) => answer(deps, parseEvaluation(body), asker),
    access_evaluations_endpoint: async (body, asker) => {
      const { questions, semantic } = parseEvaluations(body);
      if (questions.length === 0) return answer(deps, parseEvaluation(body), asker);
      const remembering = { ...deps, findToken: foundOnce(deps.findToken) };
      return { evaluations: await answerAll(questions, semantic, (asked) => answer(remembering, asked, asker)) };
    },
    search_subject_endpoint: async (body, asker) => {
      const { page = {}, ...asked } = parsed(SEARCHES.subject, body);
      const { type } = asked.subject;
      if (!SEARCHABLE.includes(type)) return nothingFor({ code: 'not_found', side: 'user' });
      const tenant = tenantNamed(asked);
      if (tenant === undefined) throw noTenant();
      return paged(deps, ['subject', asker.id, asked], page, (at) => searchSubjects(deps, { ...asked, tenant, ...at }), (id) => ({ type, id }));
    },
    search_resource_endpoint: async (body, asker) => {
      const { page = {}, ...asked } = parsed(SEARCHES.resource, body);
      const caller = await findCaller(deps, asked, asker);
      if ('code' in caller) return nothingFor(caller);
      const { type } = asked.resource;
      return paged(deps, ['resource', asker.id, asked], page, (at) => searchResources(deps, caller, { ...asked, ...at }), (id) => ({ type, id }));
    },
    search_action_endpoint: async (body, asker) => {
      const { page = {}, ...asked } = parsed(SEARCHES.action, body);
      const caller = await findCaller(deps, asked, asker);
      if ('code' in caller) return nothingFor(caller);
      return paged(deps, ['action', asker.id, asked], page, (at) => searchActions(deps, caller, { ...asked, ...at }), (name) => ({ name }));
    },
  };

  const router = createRouter();
  for (const [name, path] of Object.entries(ENDPOINTS)) router.post(path, (ctx) => serve(deps, ctx, handlers[name as keyof typeof ENDPOINTS]));
  router.get('/.well-known/authzen-configuration', (ctx) => {
    const addresses = Object.entries(ENDPOINTS).map(([name, path]) => [name, new URL(path, deps.issuer).href]);
    ctx.set('cache-control', 'public, max-age=300');
    ctx.body = { policy_decision_point: deps.issuer, ...Object.fromEntries(addresses) };
  });
  return router.routes() as never;
}

async function serve(deps: AccessDeps, ctx: WebContext, handle: Handler): Promise<void> {
  const named = ctx.get('x-request-id');
  if (named !== '') ctx.set('x-request-id', named);
  ctx.set('cache-control', 'no-store');
  try {
    const asker = await authenticateAsker(deps, ctx.get('authorization'));
    if (!asker) throw new AppError('unauthenticated', { detail: 'Send the credentials of a resource server.', headers: { 'www-authenticate': 'Basic realm="Assent"' } });
    ctx.body = await handle((await readJson(ctx)).value, asker);
  } catch (error) {
    if (!(error instanceof AppError) || error.entry.status >= 500) throw error;
    refuse(ctx, error);
  }
}

/** An error of the request, said as one text (section 10.1.2). It is none of the decision: a denial is a 200. */
function refuse(ctx: WebContext, error: AppError): void {
  ctx.state.log.info({ request: ctx.state.requestId, code: error.code }, 'a question about access was refused');
  ctx.status = error.entry.status === 415 ? 400 : error.entry.status;
  for (const [name, value] of Object.entries(error.headers ?? {})) ctx.set(name, value);
  const fields = (error.fields ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`);
  ctx.body = JSON.stringify([error.message, ...fields].join(' '));
  ctx.type = 'application/json';
}

/** Nobody to search for, and why. */
const nothingFor = (denial: Denial) => ({
  page: { next_token: '', count: 0 },
  context: { code: denial.code, side: denial.side, reason: reasonOf(denial), ...(denial.code === 'invalid_token' && { active: false }) },
  results: [],
});

async function paged(
  { pageKey }: AccessDeps,
  search: readonly unknown[],
  page: PageAsked,
  find: (at: Exclude<ReturnType<typeof openPage>, undefined>) => Promise<Found<string>>,
  shown: (result: string) => object,
): Promise<object> {
  const bound = { list: JSON.stringify(search), key: pageKey };
  const seal: Seal = { seal: (text) => sealCursor(text, bound), open: (sealed) => openCursor(sealed, bound) };
  const at = openPage(page, seal);
  if (!at) throw new AppError('invalid_cursor');
  const { results, next } = await find(at);
  return { page: { next_token: nextToken(next, at.limit, seal), count: results.length }, results: results.map(shown) };
}

/** One request looks a token up once, however many of its questions are about it. */
function foundOnce(findToken: FindToken): FindToken {
  const found = new Map<string, ReturnType<FindToken>>();
  return (text) => {
    const known = found.get(text) ?? findToken(text).then((token) => token && { ...token, read: once(() => token.read()) });
    found.set(text, known);
    return known;
  };
}
