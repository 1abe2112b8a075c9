import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { displayTime } from '#src/http/display-time.ts';
import { render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';

import { findKeptMail, keptMails, type KeptMail } from './mailbox.ts';

/** The mails that development keeps instead of sending them. Everybody who reaches the server may read them. */
export function devMailPages(deps: Deps): WebRouter {
  const router = createRouter();

  router.get('/dev/mail', async (ctx) => {
    developmentOnly(ctx);
    const mails = (await keptMails(deps)).map((mail) => ({ ...head(mail), href: `/dev/mail/${mail.id}` }));
    render(ctx, 'dev/mails', { mails }, { title: 'Mail', width: 'wide' });
  });

  router.get('/dev/mail/:id', async (ctx) => {
    developmentOnly(ctx);
    const mail = await findKeptMail(deps, String(ctx['params'].id));
    if (!mail) throw new AppError('not_found', { detail: 'There is no such mail, or it is older than a week.' });
    render(ctx, 'dev/mail', { ...head(mail), messageId: mail.messageId, parts: withLinks(mail.text) }, { title: mail.subject, width: 'wide' });
  });

  return router;
}

/** `server.ts` mounts these pages in development alone; this is for the day somebody changes that. */
function developmentOnly(ctx: WebContext): void {
  if (ctx.state.site.production) throw new AppError('not_found');
}

const head = ({ to, subject, sentAt }: KeptMail) => ({ to: `${to.name} <${to.address}>`, subject, sentAt: displayTime(sentAt) });

/** The text in pieces, of which those that are addresses become links. */
const withLinks = (text: string): { text: string; href: string | null }[] =>
  text.split(/(https?:\/\/\S+)/).map((piece, place) => ({ text: piece, href: place % 2 === 1 ? piece : null }));
