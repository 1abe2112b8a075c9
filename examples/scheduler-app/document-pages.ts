import type Router from '@koa/router';
import type { Context } from 'koa';

import type { Chosen } from './nodes.ts';
import type { Call, Platform } from './platform.ts';
import type { Render } from './render.ts';
import type { ConnectedSession, OrganisationSession, Session, Sessions } from './sessions.ts';
import { inWords } from './words.ts';

interface Parts {
  readonly platform: Platform;
  readonly sessions: Sessions;
  readonly render: Render;
  /** Where the platform shows the same sites itself. */
  readonly platformApi: string;
}

const chosen = (nodes: readonly Chosen[], kind: string): string[] => nodes.filter((each) => each.kind === kind).map(({ identifier }) => identifier);

/** Sites and their lists: for the person, and for the app by itself. What each may is said by the platform, call for call. */
export function addDocumentPages(router: Router, { platform, sessions, render, platformApi }: Parts): void {
  const connected = (page: (ctx: Context, session: ConnectedSession) => Promise<void>) => async (ctx: Context) => {
    const session = sessions.of(ctx);
    if (session.connection === undefined) return ctx.redirect('/');
    try {
      await page(ctx, session as ConnectedSession);
    } catch (error) {
      session.notice = inWords(error);
      if (session.notice === undefined) throw error;
      ctx.redirect('/');
    }
  };

  router.get(
    '/documents',
    connected(async (ctx, session) => {
      const { connection, called } = session;
      session.called = undefined;
      const [sites, lists] = [chosen(connection.nodes, 'web'), chosen(connection.nodes, 'list')];
      const calls = await Promise.all([
        ...sites.map((id) => platform.call(session, 'GET', `/sites/${encodeURIComponent(id)}/lists`)),
        ...lists.map((id) => platform.call(session, 'GET', `/lists/${encodeURIComponent(id)}`)),
      ]);
      const inSites = new Set(calls.slice(0, sites.length).flatMap(({ refusal, body }) => (refusal ? [] : (body as { lists: { id: string }[] }).lists.map(({ id }) => id))));
      await render(ctx, session, 'documents', {
        title: 'Documents',
        sites: sites.map((id, place) => ({ id, call: calls[place] })),
        chosen: lists,
        // One that stands in a site below is shown there.
        lists: lists.map((id, place) => ({ id, call: calls[sites.length + place] })).filter(({ id }) => !inSites.has(id)),
        called,
        byItself: await byItself(session),
        platformApi,
      });
    }),
  );

  router.post(
    '/documents/entries',
    connected(async (ctx, session) => {
      const { list = '', title = '' } = ctx.request.body as { list?: string; title?: string };
      session.called = await platform.call(session, 'POST', `/lists/${encodeURIComponent(list)}/entries`, { title });
      ctx.redirect('/documents');
    }),
  );

  async function byItself(session: Session): Promise<{ id: string; call: Call }[] | undefined> {
    if (!session.organisation) return undefined;
    const acting = session as OrganisationSession;
    return Promise.all(chosen(session.organisation.nodes, 'web').map(async (id) => ({ id, call: await platform.callForOrganisation(acting, `/sites/${encodeURIComponent(id)}/lists`) })));
  }
}
