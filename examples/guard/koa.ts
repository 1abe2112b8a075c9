import type { Context, Middleware } from 'koa';

import type { Caller, Guard, Question } from './guard.ts';
import type { Refusal } from './refusal.ts';

type RoutedContext = Context & { readonly params: Readonly<Record<string, string>> };

/** In front of a handler, which runs only for a call that is allowed and finds who calls with `callerOf`. */
export const protect =
  (guard: Guard, questionOf: (ctx: RoutedContext) => Question): Middleware =>
  async (ctx, next) => {
    const verdict = await guard.check(ctx.headers.authorization, questionOf(ctx as RoutedContext));
    if (!verdict.allowed) return send(ctx, verdict.refusal);
    ctx.state['caller'] = verdict.caller;
    try {
      await next();
    } catch (error) {
      send(ctx, guard.refusalFor(error));
    }
  };

export const callerOf = (ctx: Pick<Context, 'state'>): Caller => ctx.state['caller'] as Caller;

export function send(ctx: Pick<Context, 'set' | 'status' | 'body'>, { status, body, headers }: Refusal): void {
  ctx.set(headers);
  ctx.status = status;
  ctx.body = body;
}
