import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Context } from 'koa';

import type { Action, Question } from '../guard/guard.ts';
import { createGuard, ME, type GuardSettings } from '../guard/guard.ts';
import { callerOf, protect, send } from '../guard/koa.ts';
import { simply } from '../guard/refusal.ts';
import type { Lists } from './lists.ts';
import { addListRoutes } from './list-routes.ts';
import { NewMeeting } from './new-things.ts';
import { addPages } from './pages.ts';
import type { Records } from './records.ts';
import { refuse } from './refuse.ts';

export interface PlatformApiOptions {
  readonly guard: Omit<GuardSettings, 'realm'>;
  readonly records: Records;
  readonly lists: Lists;
}

type RoutedContext = Context & { readonly params: Readonly<Record<string, string>> };

const NOT_PERMITTED = 'The user has not permitted this app to use shared access';

/** Everything that is decided is decided by the guard, that is, by Assent: here stands what each call is about. */
export function createPlatformApi({ guard: settings, records, lists }: PlatformApiOptions): Koa {
  const guard = createGuard({ ...settings, realm: 'Meetings API' });
  const router = new Router();

  const onUser =
    (action: Action) =>
    ({ params }: RoutedContext): Question => ({ action, resource: { type: 'user_data', id: records.userNamed(params['user'] ?? '') } });
  const onMe = (action: Action, list = false) => (): Question => ({ action, resource: ME, list });

  /** Whose data the call is about. */
  const ownerIn = (ctx: RoutedContext): string => (ctx.params['user'] === undefined ? (callerOf(ctx).user ?? '') : records.userNamed(ctx.params['user']));

  const showMeetings = (ctx: RoutedContext) => {
    const owner = ownerIn(ctx);
    ctx.body = { owner, meetings: records.meetingsOf(callerOf(ctx).tenant, owner) };
  };
  const addMeeting = (ctx: RoutedContext) => {
    const { data } = NewMeeting.safeParse(ctx.request.body);
    if (data === undefined) return refuse(ctx, 'invalid_request');
    const owner = ownerIn(ctx);
    ctx.status = 201;
    ctx.body = { owner, meeting: records.add(callerOf(ctx).tenant, owner, data) };
  };

  router
    .get('/health', (ctx) => void (ctx.body = { status: 'ok' }))
    .get('/me/meetings', protect(guard, onMe({ user: 'meetings:read' })), showMeetings)
    .post('/me/meetings', protect(guard, onMe({ user: 'meetings:write' })), addMeeting)
    .get('/users/:user/meetings', protect(guard, onUser({ user: 'meetings:read', tenant: 'meetings.all:read' })), showMeetings)
    .post('/users/:user/meetings', protect(guard, onUser({ user: 'meetings:write' })), addMeeting)
    .get('/users/:user/calendar', protect(guard, onUser({ user: 'calendar:read' })), (ctx: RoutedContext) => {
      const owner = ownerIn(ctx);
      ctx.body = { owner, days: records.calendarOf(callerOf(ctx).tenant, owner) };
    })
    .get('/users/:user', protect(guard, onUser({ user: 'contacts:read', tenant: 'directory:read' })), (ctx: RoutedContext) => {
      const owner = ownerIn(ctx);
      const { name, email, timeZone } = records.person(callerOf(ctx).tenant, owner) ?? {};
      ctx.body = { user: owner, name, email, timeZone };
    })
    // Whose data the app may use besides its user's own, so that it need not guess.
    .get('/me/shared', protect(guard, onMe({ user: 'meetings:read' })), async (ctx: RoutedContext) => {
      const { tenant, user, sharedAccess, find } = callerOf(ctx);
      if (!sharedAccess) return send(ctx, simply('shared_access_not_permitted', NOT_PERMITTED));
      const others = (await find('meetings:read', 'user_data')).filter((each) => each !== user);
      ctx.body = { from: others.map((each) => ({ user: each, name: records.person(tenant, each)?.name })) };
    })
    // Everybody's, as far as the data range of the installation goes.
    .get('/meetings', protect(guard, onMe({ tenant: 'meetings.all:read' }, true)), async (ctx: RoutedContext) => {
      const { tenant, find } = callerOf(ctx);
      const within = new Set(await find('meetings.all:read', 'user_data'));
      const people = records.peopleOf(tenant).filter(({ user }) => within.has(user));
      ctx.body = { people: people.map(({ user, name }) => ({ user, name, meetings: records.meetingsOf(tenant, user) })) };
    })
    // What can be done in a meeting, by the role of the person in it.
    .post(
      '/contexts/:context/:method',
      protect(guard, ({ params }) => ({ action: params['method'] ?? '', resource: { type: 'context', id: params['context'] ?? '' } })),
      (ctx: RoutedContext) => void (ctx.body = { context: ctx.params['context'], done: ctx.params['method'] }),
    );
  addListRoutes(router, { guard, lists });
  addPages(router, { guard, records, lists });

  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) send(ctx, simply('not_found'));
    } catch (error) {
      refuse(ctx, ((error as { status?: number }).status ?? 500) < 500 ? 'invalid_request' : 'internal_error');
      if (ctx.status >= 500) ctx.app.emit('error', error, ctx);
    }
  });
  app.use(bodyParser({ enableTypes: ['json', 'form'], jsonLimit: '16kb', formLimit: '16kb' }));
  app.use(router.routes());
  return app;
}
