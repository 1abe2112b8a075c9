import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Context } from 'koa';
import { z } from 'zod';

import { authorize } from './authorize.ts';
import type { Token } from './authorize.ts';
import { introspect, IntrospectionUnavailable } from './introspect.ts';
import type { IntrospectionSettings } from './introspect.ts';
import type { Records } from './records.ts';
import { refuse } from './refuse.ts';

export interface PlatformApiOptions {
  /** The audience under which Assent knows this API. */
  readonly audience: string;
  readonly introspection: IntrospectionSettings;
  readonly records: Records;
}

type RoutedContext = Context & { params: Record<string, string> };
type Answer = (ctx: Context, token: Token, owner: string) => void;

const NewMeeting = z.object({
  title: z.string().trim().min(1).max(200),
  startsAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
  minutes: z.number().int().min(5).max(1440),
});

export function createPlatformApi({ audience, introspection, records }: PlatformApiOptions): Koa {
  /** `answer` runs only when the token allows `permission` on the data of the user in the path, or of its own user. */
  const needs = (permission: string, answer: Answer) => async (ctx: RoutedContext) => {
    const [, bearer] = /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization')) ?? [];
    const token = bearer === undefined ? undefined : await introspect(introspection, bearer);
    if (token === undefined) return refuse(ctx, 'invalid_token');
    const { user } = ctx.params;
    const owner = user === undefined ? token.sub : records.userNamed(token.tenant, user);
    const decision = authorize({ token, audience, permission, owner });
    return decision.allowed ? answer(ctx, token, owner) : refuse(ctx, decision.because, permission);
  };

  const listMeetings = needs('meetings:read', (ctx, { tenant }, owner) => {
    ctx.body = { owner, meetings: records.meetingsOf(tenant, owner) };
  });
  const addMeeting = needs('meetings:write', (ctx, { tenant }, owner) => {
    const { data } = NewMeeting.safeParse(ctx.request.body);
    if (data === undefined) return refuse(ctx, 'invalid_request');
    ctx.status = 201;
    ctx.body = { owner, meeting: records.add(tenant, owner, data) };
  });
  const showCalendar = needs('calendar:read', (ctx, { tenant }, owner) => {
    ctx.body = { owner, days: records.calendarOf(tenant, owner) };
  });
  const showPerson = needs('contacts:read', (ctx, { tenant }, owner) => {
    const { name, email, timeZone } = records.person(tenant, owner) ?? {};
    ctx.body = { user: owner, name, email, timeZone };
  });
  /** Whose data the app may use besides its user's own, so that it need not guess. */
  const listSharers = needs('meetings:read', (ctx, { tenant, scopes, sharedAccessFrom }) => {
    if (!scopes.includes('shared_access')) return refuse(ctx, 'shared_access_not_permitted');
    ctx.body = {
      from: sharedAccessFrom.map(({ user, permissions }) => ({
        user,
        name: records.person(tenant, user)?.name,
        permissions,
      })),
    };
  });

  const router = new Router()
    .get('/health', (ctx) => void (ctx.body = { status: 'ok' }))
    .get('/me/meetings', listMeetings)
    .post('/me/meetings', addMeeting)
    .get('/me/shared', listSharers)
    .get('/users/:user', showPerson)
    .get('/users/:user/meetings', listMeetings)
    .post('/users/:user/meetings', addMeeting)
    .get('/users/:user/calendar', showCalendar);

  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) refuse(ctx, 'not_found');
    } catch (error) {
      if (error instanceof IntrospectionUnavailable) refuse(ctx, 'unavailable');
      else if (((error as { status?: number }).status ?? 500) < 500) refuse(ctx, 'invalid_request');
      else refuse(ctx, 'internal_error');
      if (ctx.status >= 500) ctx.app.emit('error', error, ctx);
    }
  });
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: '16kb' }));
  app.use(router.routes());
  return app;
}
