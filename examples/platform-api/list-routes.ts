import type Router from '@koa/router';
import type { Context } from 'koa';

import type { Entity } from '../guard/assent.ts';
import type { Guard, Question } from '../guard/guard.ts';
import { callerOf, protect, send } from '../guard/koa.ts';
import { simply } from '../guard/refusal.ts';
import type { List, Lists } from './lists.ts';
import { NewEntry } from './new-things.ts';
import { refuse } from './refuse.ts';

type RoutedContext = Context & { readonly params: Readonly<Record<string, string>> };

const shown = ({ id, title, entries }: List) => ({ id, title, entries });

/** A list as Assent's resource tree knows it. */
export const nodeOf = (list: List): Entity & { readonly list: List } => ({ type: 'list', id: list.id, list });

/**
 * Sites and lists. A user token opens what the person and the app may both reach, a tenant token what the app was given
 * for itself: which of the two it is, is nothing to these routes.
 */
export function addListRoutes(router: Router, { guard, lists }: { readonly guard: Guard; readonly lists: Lists }): void {
  const on =
    (type: string, action: string) =>
    ({ params }: RoutedContext): Question => ({ action, resource: { type, id: params['id'] ?? '' } });

  router.get('/sites/:id/lists', protect(guard, on('web', 'read')), async (ctx: RoutedContext) => {
    const { tenant, among } = callerOf(ctx);
    const here = lists.inSite(tenant, ctx.params['id'] ?? '');
    const readable = await among('read', here.map(nodeOf));
    ctx.body = { title: here[0]?.site.title ?? '', lists: readable.map(({ list }) => shown(list)) };
  });

  router.get('/lists/:id', protect(guard, on('list', 'read')), (ctx: RoutedContext) => {
    const list = lists.find(callerOf(ctx).tenant, ctx.params['id'] ?? '');
    if (!list) return send(ctx, simply('not_found'));
    ctx.body = shown(list);
  });

  router.post('/lists/:id/entries', protect(guard, on('list', 'write')), (ctx: RoutedContext) => {
    const { data } = NewEntry.safeParse(ctx.request.body);
    if (data === undefined) return refuse(ctx, 'invalid_request');
    const list = lists.add(callerOf(ctx).tenant, ctx.params['id'] ?? '', data.title);
    if (!list) return send(ctx, simply('not_found'));
    ctx.status = 201;
    ctx.body = shown(list);
  });
}
