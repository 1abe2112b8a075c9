import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Context } from 'koa';
import serve from 'koa-static';
import { z } from 'zod';

import { createOAuth } from './connection.ts';
import { addDocumentPages } from './document-pages.ts';
import { addLaunchPages } from './launch-pages.ts';
import { wantedNodes } from './nodes.ts';
import { tenantOf } from './organisation.ts';
import { addOrganisationPages } from './organisation-pages.ts';
import { createPlatform } from './platform.ts';
import { createRender } from './render.ts';
import { createSessions } from './sessions.ts';
import type { ConnectedSession, Session } from './sessions.ts';
import { inWords } from './words.ts';

export interface SchedulerSettings {
  /** As people know the app. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** Where the platform API is. */
  readonly platformApi: string;
  /** Where browsers reach this app. */
  readonly baseUrl: string;
  /** What it asks for at first; the rest when it is needed. */
  readonly permissions: readonly string[];
  /** What it asks for to act as itself in a whole organisation; none if it never does. */
  readonly tenantPermissions: readonly string[];
  /** Whether it reads and writes in an organisation's sites. */
  readonly sites: boolean;
}

const Back = z.enum(['/', '/meetings', '/shared', '/meetings/new', '/organisation', '/documents']).catch('/');
const Identity = z.enum(['user', 'tenant', 'user tenant']).catch('user');
const Permissions = z.string().regex(/^[\w:.-]+( [\w:.-]+)*$/);
const MeetingForm = z.object({ title: z.string(), date: z.iso.date(), time: z.iso.time(), minutes: z.coerce.number() });

export function createSchedulerApp(settings: SchedulerSettings): Koa {
  const { issuer, baseUrl, tenantPermissions } = settings;
  const organisations = tenantPermissions.length > 0;
  const render = createRender({ name: settings.name, organisations, sites: settings.sites });
  const oauth = createOAuth({ ...settings, clientSecret: settings.clientSecret, redirectUri: `${baseUrl}/callback` });
  const platform = createPlatform(oauth, settings.platformApi);
  const sessions = createSessions({ cookie: `session_${settings.clientId}`, secure: baseUrl.startsWith('https:') });
  const router = new Router();

  /** Pages that make sense only once connected; everyone else is sent to the front page. */
  const connected = (page: (ctx: Context, session: ConnectedSession) => Promise<void>) => async (ctx: Context) => {
    const session = sessions.of(ctx);
    if (session.connection === undefined) return ctx.redirect('/');
    try {
      await page(ctx, session as ConnectedSession);
    } catch (error) {
      const notice = inWords(error);
      if (notice === undefined) throw error;
      // Once the server says that a refresh token is dead, nothing but connecting again helps.
      if ((error as { error?: string }).error === 'invalid_grant') session.connection = undefined;
      session.notice = notice;
      ctx.redirect('/');
    }
  };

  /** The organisation that the person means, as far as the app knows. */
  const tenantIn = async ({ organisation, connection }: Session): Promise<string | undefined> =>
    organisation?.tenant ?? (connection && tenantOf(await oauth.configuration(), connection.accessToken));

  router.get('/', async (ctx) => {
    const session = sessions.of(ctx);
    const { connection } = session;
    await (connection === undefined
      ? render(ctx, session, 'connect', { title: 'Meetings without the back and forth', permissions: settings.permissions })
      : render(ctx, session, 'overview', {
          title: 'Your connection',
          claims: connection.claims,
          userinfo: connection.userinfo,
          scope: connection.scope,
          refreshable: connection.refreshToken !== undefined,
          sharedAccess: connection.scope.split(' ').includes('shared_access'),
          minutesLeft: Math.max(0, Math.round((connection.expiresAt - Date.now()) / 60_000)),
        }));
  });

  router.post('/connect', async (ctx) => {
    const session = sessions.of(ctx);
    const { permissions, again, back, node, ...sent } = ctx.request.body as Record<string, unknown>;
    const { data: more } = Permissions.safeParse(permissions);
    const nodes = settings.sites ? wantedNodes(node) : [];
    const identity = organisations ? Identity.parse(sent['identity']) : 'user';
    try {
      const { url, state, attempt } = await oauth.begin({
        identity,
        permissions: identity === 'user' && more !== undefined ? more.split(' ') : settings.permissions,
        tenantPermissions: identity === 'tenant' && more !== undefined ? more.split(' ') : tenantPermissions,
        nodes,
        // What is chosen in the sites of an organisation is chosen in the one at hand.
        tenant: identity === 'user' && nodes.length === 0 ? undefined : await tenantIn(session),
        more: more !== undefined || nodes.length > 0,
        again: again === 'yes',
        back: Back.parse(back),
      });
      session.attempts.set(state, attempt);
      ctx.redirect(url.href);
    } catch (error) {
      session.notice = inWords(error);
      if (session.notice === undefined) throw error;
      ctx.redirect('/');
    }
  });

  router.get('/callback', async (ctx) => {
    let session = sessions.of(ctx);
    const state = ctx.URL.searchParams.get('state') ?? '';
    const attempt = session.attempts.get(state);
    session.attempts.delete(state);
    if (attempt === undefined) {
      session.notice = {
        kind: 'problem',
        title: 'This answer is not expected',
        text: 'It was used before, took too long, or belongs to another browser. Connect again.',
      };
      return ctx.redirect('/');
    }
    try {
      const { connection, organisation } = await oauth.finish(ctx.URL.searchParams, state, attempt);
      const before = session;
      session = sessions.renew(ctx, before);
      session.connection = connection ?? before.connection;
      session.opened = before.opened?.claims.sub === session.connection?.claims.sub ? before.opened : undefined;
      // Somebody else at this browser gets no organisation from whoever was there before.
      const same = connection === undefined || connection.claims.sub === before.connection?.claims.sub;
      session.organisation = organisation ?? (same ? before.organisation : undefined);
      session.notice = connection
        ? { kind: 'done', title: 'Connected', text: `Hello ${connection.userinfo?.name ?? connection.claims.sub}.` }
        : { kind: 'done', title: 'Installed', text: 'The app can act as itself for your organisation, within what you allowed.' };
    } catch (error) {
      session.notice = inWords(error);
      if (session.notice === undefined) throw error;
    }
    // The code leaves the address bar, whatever came of it.
    ctx.redirect(session.connection ?? session.organisation ? attempt.back : '/');
  });

  router.get(
    '/meetings',
    connected(async (ctx, session) => {
      const call = await platform.call(session, 'GET', '/me/meetings');
      await render(ctx, session, 'meetings', { title: 'My meetings', call });
    }),
  );

  router.get(
    '/shared',
    connected(async (ctx, session) => {
      const person = ctx.URL.searchParams.get('person')?.trim() ?? '';
      const list = await platform.call(session, 'GET', '/me/shared');
      const people = list.refusal ? [] : (list.body as { from: { user: string; name?: string }[] }).from;
      const meetingsOf = (user: string) => platform.call(session, 'GET', `/users/${encodeURIComponent(user)}/meetings`);
      await render(ctx, session, 'shared', {
        title: 'Shared with me',
        list,
        people: await Promise.all(people.map(async ({ user, name }) => ({ name: name ?? user, call: await meetingsOf(user) }))),
        person,
        looked: person === '' ? undefined : await meetingsOf(person),
      });
    }),
  );

  router.get(
    '/meetings/new',
    connected(async (ctx, session) => {
      const date = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      await render(ctx, session, 'new-meeting', { title: 'Create a meeting', form: { title: '', date, time: '09:00', minutes: 30 }, call: undefined });
    }),
  );

  router.post(
    '/meetings/new',
    connected(async (ctx, session) => {
      const { data: form } = MeetingForm.safeParse(ctx.request.body);
      if (form === undefined) return ctx.redirect('/meetings/new');
      const { title, date, time, minutes } = form;
      const call = await platform.call(session, 'POST', '/me/meetings', { title, startsAt: `${date}T${time}:00Z`, minutes });
      if (call.refusal) return render(ctx, session, 'new-meeting', { title: 'Create a meeting', form, call });
      session.notice = { kind: 'done', title: 'Created', text: `“${title}” is in your meetings.` };
      ctx.redirect('/meetings');
    }),
  );

  router.post(
    '/refresh',
    connected(async (ctx, session) => {
      await platform.refresh(session);
      session.notice = { kind: 'done', title: 'Refreshed', text: 'The app has a new access token.' };
      ctx.redirect('/');
    }),
  );

  router.post(
    '/disconnect',
    connected(async (ctx, session) => {
      // Forgotten only once the server confirmed: tokens that nobody can revoke any more would live on.
      await oauth.revoke(session.connection);
      const fresh = sessions.renew(ctx, session);
      fresh.notice = { kind: 'done', title: 'Disconnected', text: 'The tokens are revoked and forgotten.' };
      ctx.redirect('/');
    }),
  );

  const launched = addLaunchPages(router, { oauth, platform, sessions, render, settings });
  if (settings.sites) addDocumentPages(router, { platform, sessions, render, platformApi: settings.platformApi });
  addOrganisationPages(router, { oauth, platform, sessions, render });

  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set({
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'self'; form-action 'self' ${new URL(issuer).origin}; frame-ancestors 'none'; base-uri 'none'`,
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    const { host, origin } = new URL(baseUrl);
    // The answer comes back to `baseUrl`, where a cookie of `localhost` would be missing.
    if (ctx.hostname === 'localhost' && ctx.host !== host) return ctx.redirect(new URL(ctx.path, baseUrl).href);
    if (ctx.method === 'POST' && ctx.path !== launched.path && ctx.get('origin') !== origin) ctx.throw(403, 'This form was sent from another site.');
    await next();
  });
  app.use(serve(`${import.meta.dirname}/public`));
  app.use(bodyParser({ enableTypes: ['form'], formLimit: '16kb' }));
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}
