import { randomBytes } from 'node:crypto';

import type Router from '@koa/router';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

import type { Connection, OAuth } from './connection.ts';
import { createVerify, Start, type Launch, type Opened } from './launch.ts';
import type { Call, Platform } from './platform.ts';
import type { Render } from './render.ts';
import type { Notice, Session, Sessions } from './sessions.ts';
import { inWords } from './words.ts';

interface Parts {
  readonly oauth: OAuth;
  readonly platform: Platform;
  readonly sessions: Sessions;
  readonly render: Render;
  readonly settings: { readonly issuer: string; readonly clientId: string; readonly baseUrl: string };
}

type OpenedSession = Session & { readonly opened: Opened };

const LAUNCH = '/launch';
const MINUTES = 60_000;
const NOT_GOOD: Notice = { kind: 'problem', title: 'This launch is not good', text: 'It was used before, took too long, or was not meant for this app. Open the app again from where you were.' };

/** What happens when the app is opened inside the platform. `path` alone takes a form that another site sends. */
export function addLaunchPages(router: Router, { oauth, platform, sessions, render, settings }: Parts): { readonly path: string } {
  const { issuer, clientId, baseUrl } = settings;
  const verify = createVerify(oauth, clientId);
  /** Launches that were posted and not yet taken by the browser that posted them. */
  const arrived = new LRUCache<string, { readonly claims: Launch; readonly token: string }>({ max: 1000, ttl: 5 * MINUTES });
  const cookie = `launch_${clientId}`;
  /** What the app keeps for a person in a tenant, by the `context_id` that it knows them by. */
  const kept = new LRUCache<string, { readonly times: number }>({ max: 10_000 });

  const launchLink = ({ tenant, context }: Launch): string =>
    `${issuer}/launch/${encodeURIComponent(clientId)}?${new URLSearchParams({ tenant, ...(context && { context: context.id }) }).toString()}`;

  router.post(LAUNCH, async (ctx) => {
    const { context_token: token, context_id: id } = ctx.request.body as Record<string, unknown>;
    try {
      if (typeof token !== 'string') throw new Error('There is no context token.');
      const claims = await verify(token);
      if (claims.context_id !== id) throw new Error('The context id is another one than the token says.');
      const place = randomBytes(32).toString('base64url');
      arrived.set(place, { claims, token });
      ctx.cookies.set(cookie, place, { httpOnly: true, sameSite: 'lax', secure: baseUrl.startsWith('https:'), path: '/open', overwrite: true });
    } catch {
      ctx.cookies.set(cookie, '', { path: '/open', overwrite: true });
    }
    // A form of another site comes without the session's cookie. On the next page it is there.
    ctx.status = 303;
    ctx.redirect('/open');
  });

  router.get('/open', async (ctx) => {
    const session = sessions.of(ctx);
    const launch = arrived.get(ctx.cookies.get(cookie) ?? '');
    if (!launch) return refuse(ctx, session);
    const before = session.connection?.claims.sub ?? session.opened?.claims.sub;
    if (before === undefined || before === launch.claims.sub) return open(ctx, session);
    // Somebody could have sent this launch to get this browser into an account of theirs: the person decides.
    const name = nameOf(session.connection) ?? before;
    await render(ctx, session, 'swap', { title: 'Go on as somebody else?', before: name });
  });

  router.post('/open', async (ctx) => open(ctx, sessions.of(ctx)));

  async function open(ctx: Context, before: Session): Promise<void> {
    const place = ctx.cookies.get(cookie) ?? '';
    const launch = arrived.get(place);
    arrived.delete(place);
    if (!launch) return refuse(ctx, before);
    const { claims, token } = launch;
    try {
      const exchanged = claims.authorization === 'authorized' ? await oauth.exchange(token, claims.sub) : undefined;
      const session = sessions.renew(ctx, before);
      const same = before.connection?.claims.sub === claims.sub;
      session.connection = same ? before.connection : exchanged;
      session.organisation = same ? before.organisation : undefined;
      const times = (kept.get(claims.context_id)?.times ?? 0) + 1;
      kept.set(claims.context_id, { times });
      session.opened = { claims, contextToken: token, accessToken: exchanged?.accessToken, times };
    } catch (error) {
      before.notice = inWords(error);
      if (before.notice === undefined) throw error;
      return ctx.redirect('/');
    }
    ctx.redirect(claims.context ? '/here' : '/');
  }

  function refuse(ctx: Context, session: Session): void {
    session.notice = NOT_GOOD;
    ctx.redirect('/');
  }

  /** Pages that make sense only inside something. */
  const inside = (page: (ctx: Context, session: OpenedSession, context: string) => Promise<void>) => async (ctx: Context) => {
    const session = sessions.of(ctx);
    const context = session.opened?.claims.context?.id;
    if (!session.opened || context === undefined) return ctx.redirect('/');
    try {
      await page(ctx, session as OpenedSession, context);
    } catch (error) {
      session.notice = inWords(error);
      if (session.notice === undefined) throw error;
      ctx.redirect('/');
    }
  };

  /** With the person's token; for who has not connected the app, with the app's own and the context token in its place. */
  const ask = async ({ contextToken, accessToken }: Opened, context: string, what: '' | '/invitations'): Promise<Call> => {
    const path = `/access/v1/contexts/${encodeURIComponent(context)}${what}`;
    if (accessToken !== undefined) return platform.ask(accessToken, what === '' ? 'GET' : 'POST', new URL(path, issuer).href);
    const own = what === '' ? '/api/v1/app/starts' : '/api/v1/app/invitations';
    return platform.ask(await oauth.ownToken(), 'POST', new URL(own, issuer).href, { contextToken });
  };

  router.get(
    '/here',
    inside(async (ctx, session, context) => {
      const { opened, called, connection } = session;
      session.called = undefined;
      const { data: start } = Start.safeParse((await ask(opened, context, '')).body);
      await render(ctx, session, start ? 'here' : 'gone', {
        title: start?.context.title ?? (start ? 'In the meeting' : 'Not there any more'),
        start,
        called,
        person: opened.claims.authorization === 'authorized' ? (nameOf(connection) ?? opened.claims.sub) : undefined,
        again: launchLink(opened.claims),
        contextId: opened.claims.context_id,
        times: opened.times,
        exchanged: opened.accessToken !== undefined,
        scope: connection?.scope,
      });
    }),
  );

  router.post(
    '/here/call',
    inside(async (ctx, session, context) => {
      const { method = '' } = ctx.request.body as { method?: string };
      const { accessToken } = session.opened;
      if (accessToken !== undefined && /^[\w.-]+$/.test(method)) {
        session.called = await platform.ask(accessToken, 'POST', `/contexts/${encodeURIComponent(context)}/${method}`);
      }
      ctx.redirect('/here');
    }),
  );

  router.post(
    '/here/exchange',
    inside(async (ctx, session) => {
      const { contextToken, claims } = session.opened;
      const refused = await oauth.exchange(contextToken, claims.sub).then(
        () => undefined,
        (error: { error?: string; error_description?: string }) => error,
      );
      session.notice = refused?.error
        ? { kind: 'problem', title: 'Refused: it works once', text: `The server says: ${refused.error}, ${refused.error_description}.` }
        : { kind: 'problem', title: 'It worked a second time', text: 'A context token must be good for once only.' };
      ctx.redirect('/here');
    }),
  );

  router.post(
    '/here/invite',
    inside(async (ctx, session, context) => {
      const { refusal } = await ask(session.opened, context, '/invitations');
      session.notice = refusal
        ? { kind: 'problem', title: 'Nobody was invited', text: refusal.message }
        : { kind: 'done', title: 'Invited', text: 'Whoever runs the meeting got a mail with a link that opens the app here.' };
      ctx.redirect('/here');
    }),
  );

  return { path: LAUNCH };
}

/** As far as the person lets the app know it. */
const nameOf = (connection: Connection | undefined): string | undefined => connection?.userinfo?.name;
