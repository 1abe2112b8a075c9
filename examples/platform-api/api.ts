import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Context } from 'koa';
import { z } from 'zod';

import { authorize } from './authorize.ts';
import type { Decision, Needed, Token } from './authorize.ts';
import { introspect, IntrospectionUnavailable } from './introspect.ts';
import type { Asked, IntrospectionSettings } from './introspect.ts';
import type { Records } from './records.ts';
import { refuse } from './refuse.ts';

export interface PlatformApiOptions {
  /** The audience under which Assent knows this API. */
  readonly audience: string;
  readonly introspection: IntrospectionSettings;
  readonly records: Records;
}

type RoutedContext = Context & { params: Record<string, string> };
type Judged = { readonly token: Token | undefined; readonly decision: Decision };
type Answer = (ctx: Context, token: Token, owner: string) => void;

const NewMeeting = z.object({
  title: z.string().trim().min(1).max(200),
  startsAt: z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
  minutes: z.number().int().min(5).max(1440),
});

export function createPlatformApi({ audience, introspection, records }: PlatformApiOptions): Koa {
  const bearerOf = (ctx: Context): string | undefined => /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization'))?.[1];
  const ask = async (bearer: string | undefined, asked: Asked = {}) =>
    bearer === undefined ? undefined : introspect(introspection, bearer, asked);

  /** Asked anew for each call and each person, so that whatever is taken back counts from the next one on. */
  const judge = async (ctx: Context, needed: Needed, owner: string | undefined): Promise<Judged> => {
    const token = (await ask(bearerOf(ctx), { owner }))?.token;
    if (token === undefined) return { token, decision: { allowed: false, because: 'invalid_token' } };
    return { token, decision: authorize({ token, audience, needed, owner }) };
  };

  /** Says why; for a missing permission also who can grant it and where. */
  const refuseFor = async (ctx: Context, needed: Needed, { token, decision }: Judged): Promise<void> => {
    if (decision.allowed) return;
    const permission = token && needed[token.identity];
    const lacks = decision.because === 'insufficient_scope' && permission !== undefined;
    const missing = lacks ? (await ask(bearerOf(ctx), { permission }))?.missing : undefined;
    refuse(ctx, decision.because, { permission, missing });
  };

  /** `answer` runs only when the token opens the data of the user in the path. */
  const onUser = (needed: Needed, answer: Answer) => async (ctx: RoutedContext) => {
    const owner = records.userNamed(ctx.params['user'] ?? '');
    const judged = await judge(ctx, needed, owner);
    return judged.token && judged.decision.allowed ? answer(ctx, judged.token, owner) : refuseFor(ctx, needed, judged);
  };

  /** The data of the person whom the token is for; a tenant token is for nobody. */
  const onMe = (permission: string, answer: Answer) => async (ctx: RoutedContext) => {
    const needed = { user: permission };
    const judged = await judge(ctx, needed, undefined);
    return judged.token && judged.decision.allowed ? answer(ctx, judged.token, judged.token.sub) : refuseFor(ctx, needed, judged);
  };

  const showMeetings: Answer = (ctx, { tenant }, owner) => {
    ctx.body = { owner, meetings: records.meetingsOf(tenant, owner) };
  };
  const addMeeting: Answer = (ctx, { tenant }, owner) => {
    const { data } = NewMeeting.safeParse(ctx.request.body);
    if (data === undefined) return refuse(ctx, 'invalid_request');
    ctx.status = 201;
    ctx.body = { owner, meeting: records.add(tenant, owner, data) };
  };
  const showCalendar: Answer = (ctx, { tenant }, owner) => {
    ctx.body = { owner, days: records.calendarOf(tenant, owner) };
  };
  const showPerson: Answer = (ctx, { tenant }, owner) => {
    const { name, email, timeZone } = records.person(tenant, owner) ?? {};
    ctx.body = { user: owner, name, email, timeZone };
  };
  /** Everybody's meetings, as far as the data range of the installation goes. */
  const listAllMeetings = async (ctx: RoutedContext) => {
    const needed = { tenant: 'meetings.all:read' };
    const judged = await judge(ctx, needed, undefined);
    if (!judged.token || !judged.decision.allowed) return refuseFor(ctx, needed, judged);
    const { tenant } = judged.token;
    const people = await Promise.all(
      records.peopleOf(tenant).map(async ({ user, name }) => {
        const { decision } = await judge(ctx, needed, user);
        return decision.allowed ? [{ user, name, meetings: records.meetingsOf(tenant, user) }] : [];
      }),
    );
    ctx.body = { people: people.flat() };
  };
  /** Whose data the app may use besides its user's own, so that it need not guess. */
  const listSharers: Answer = (ctx, { tenant, scopes, sharedAccessFrom }) => {
    if (!scopes.includes('shared_access')) return refuse(ctx, 'shared_access_not_permitted');
    ctx.body = {
      from: sharedAccessFrom.map(({ user, permissions }) => ({
        user,
        name: records.person(tenant, user)?.name,
        permissions,
      })),
    };
  };

  const router = new Router()
    .get('/health', (ctx) => void (ctx.body = { status: 'ok' }))
    .get('/me/meetings', onMe('meetings:read', showMeetings))
    .post('/me/meetings', onMe('meetings:write', addMeeting))
    .get('/me/shared', onMe('meetings:read', listSharers))
    .get('/meetings', listAllMeetings)
    .get('/users/:user', onUser({ user: 'contacts:read', tenant: 'directory:read' }, showPerson))
    .get('/users/:user/meetings', onUser({ user: 'meetings:read', tenant: 'meetings.all:read' }, showMeetings))
    .post('/users/:user/meetings', onUser({ user: 'meetings:write' }, addMeeting))
    .get('/users/:user/calendar', onUser({ user: 'calendar:read' }, showCalendar));

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
