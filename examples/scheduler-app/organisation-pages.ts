import type Router from '@koa/router';
import type { Context } from 'koa';

import type { OAuth } from './connection.ts';
import { ownState } from './organisation.ts';
import type { Call, Platform } from './platform.ts';
import type { Render } from './render.ts';
import type { Notice, OrganisationSession, Sessions } from './sessions.ts';
import { inWords } from './words.ts';

interface Parts {
  readonly oauth: OAuth;
  readonly platform: Platform;
  readonly sessions: Sessions;
  readonly render: Render;
}

const TITLE = 'As the organisation';

/** What the app does as itself, with nobody signed in: here, to show everybody's meetings. */
export function addOrganisationPages(router: Router, { oauth, platform, sessions, render }: Parts): void {
  router.get('/organisation', async (ctx) => {
    const session = sessions.of(ctx);
    if (session.organisation === undefined) return render(ctx, session, 'install', { title: TITLE });
    await show(ctx, session as OrganisationSession);
  });

  router.post('/organisation/token', async (ctx) => {
    const session = sessions.of(ctx);
    if (session.organisation === undefined) return ctx.redirect('/organisation');
    const renewed = await orTrouble(() => platform.renew(session as OrganisationSession));
    session.notice = 'trouble' in renewed ? renewed.trouble : { kind: 'done', title: 'A new token', text: 'The app asked for it with its own credentials: nobody had to be there.' };
    ctx.redirect('/organisation');
  });

  router.post('/organisation/leave', (ctx) => {
    sessions.of(ctx).organisation = undefined;
    ctx.redirect('/');
  });

  async function show(ctx: Context, session: OrganisationSession): Promise<void> {
    const person = ctx.URL.searchParams.get('person')?.trim() ?? '';
    const of = (path: string) => orTrouble(() => platform.callForOrganisation(session, path));
    const meetings = await of('/meetings');
    const looked = person === '' || 'trouble' in meetings ? undefined : await of(`/users/${encodeURIComponent(person)}/meetings`);
    const details = person === '' || 'trouble' in meetings ? undefined : await of(`/users/${encodeURIComponent(person)}`);
    const state = await orTrouble(async () => ownState(await oauth.configuration(), session.organisation));
    const problems = [meetings, looked, details, state].flatMap((each) => (each && 'trouble' in each ? [each.trouble] : []));
    session.notice ??= problems[0];
    await render(ctx, session, 'organisation', {
      title: TITLE,
      organisation: session.organisation,
      meetings: callOf(meetings),
      person,
      looked: callOf(looked),
      details: callOf(details),
      state: 'done' in state ? state.done : undefined,
    });
  }
}

type Tried<T> = { readonly done: T } | { readonly trouble: Notice };

const callOf = (tried: Tried<Call> | undefined): Call | undefined => (tried && 'done' in tried ? tried.done : undefined);

async function orTrouble<T>(work: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { done: await work() };
  } catch (error) {
    const trouble = inWords(error);
    if (trouble === undefined) throw error;
    return { trouble };
  }
}
