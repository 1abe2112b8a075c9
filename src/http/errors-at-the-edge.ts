import { AppError, type ErrorCode, ERRORS } from '#src/errors.ts';

import { problemOf } from './api/problem.ts';
import { ownPath } from './own-path.ts';
import { render } from './render.ts';
import type { WebContext, WebMiddleware } from './web-context.ts';

/** The one place where an error becomes an answer. Unknown errors show nothing of themselves; all are logged once. */
export const errorsAtTheEdge: WebMiddleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && (ctx.body === undefined || ctx.body === null) && ctx.respond !== false) nothingAnswered(ctx);
  } catch (thrown) {
    answerError(ctx, thrown);
  }
};

/** Logs the error and answers with what may be said of it. For koa applications inside ours too. */
function answerError(ctx: WebContext, thrown: unknown): void {
  const error = asAppError(thrown);
  logError(ctx, error);
  if (ctx.headerSent) return void ctx.res.destroy();
  ctx.status = error.entry.status;
  ctx.set('cache-control', 'no-store');
  if (error.entry.status === 503) ctx.set('retry-after', '2');
  for (const [name, value] of Object.entries(error.headers ?? {})) ctx.set(name, value);
  if (answersWithPage(ctx)) return renderError(ctx, error);
  ctx.body = JSON.stringify(ctx.state.manner === 'protocol' ? oauthError(error) : problemOf(error));
  ctx.type = ctx.state.manner === 'protocol' ? 'application/json' : 'application/problem+json';
}

function oauthError(error: AppError): Record<string, unknown> {
  const oauth = 'oauth' in error.entry ? error.entry.oauth : 'invalid_request';
  return { error: oauth, error_description: error.detail ?? error.entry.sentence };
}

function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  const code = (Object.keys(ERRORS) as ErrorCode[]).find((name) => ERRORS[name].status === status && ERRORS[name].status < 500);
  return new AppError(code ?? 'internal_error', { cause: thrown });
}

function logError(ctx: WebContext, error: AppError): void {
  const { level } = error.entry;
  const entry = { request: ctx.state.requestId, code: error.code, detail: error.logDetail, err: level === 'error' ? error : undefined };
  ctx.state.log[level](entry, error.message);
}

function answersWithPage(ctx: WebContext): boolean {
  if (ctx.state.manner === 'api') return false;
  // Browsers name text/html; clients of the protocol say */* or nothing.
  return ctx.state.manner === 'page' ? ctx.accepts('html', 'json') === 'html' : ctx.get('accept').includes('text/html');
}

const TITLES: Partial<Record<number, string>> = { 404: 'Not found', 429: 'Too many tries', 503: 'Not available just now' };

function renderError(ctx: WebContext, error: AppError): void {
  const title = TITLES[error.entry.status] ?? 'That did not work';
  render(
    ctx,
    'error',
    {
      title,
      sentence: error.entry.sentence,
      detail: error.detail ?? '',
      requestId: ctx.state.requestId,
      ours: error.entry.status >= 500,
      next: nextStep(ctx, error),
    },
    { title },
  );
}

/** What the person can do now, where a link can do it. */
function nextStep(ctx: WebContext, error: AppError): { href: string; label: string } | null {
  const { status } = error.entry;
  if (status >= 500 && ctx.method === 'GET') return { href: ownPath(ctx.url, '/account'), label: 'Try again' };
  if (error.code === 'csrf_failed') return { href: ownPath(ctx.path, '/account'), label: 'Open the page again' };
  return ctx.state.manner === 'page' && (status === 404 || status === 405) ? { href: '/account', label: 'Go to your account' } : null;
}

/** 405 where a route has the path but not the method, else 404. */
function nothingAnswered(ctx: WebContext): never {
  const matched = (ctx as unknown as { matched?: readonly { methods: readonly string[] }[] }).matched ?? [];
  const allowed = [...new Set(matched.flatMap((layer) => layer.methods))];
  if (allowed.length === 0) throw new AppError('not_found');
  throw new AppError('method_not_allowed', { headers: { allow: allowed.join(', ') } });
}
