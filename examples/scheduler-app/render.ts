import ejs from 'ejs';
import type { Context } from 'koa';

import type { Session } from './sessions.ts';

const VIEWS = `${import.meta.dirname}/views`;
// The templates know one name, `view`.
const OPTIONS = { strict: true, destructuredLocals: ['view'], root: VIEWS, cache: true };

export type Render = ReturnType<typeof createRender>;

export interface Content {
  readonly title: string;
  readonly [field: string]: unknown;
}

/** `organisations`: whether the app acts for whole organisations, too. `sites`: whether it reads and writes in their sites. */
export const createRender =
  ({ name, organisations, sites }: { readonly name: string; readonly organisations: boolean; readonly sites: boolean }) =>
  async (ctx: Context, session: Session, page: string, content: Content): Promise<void> => {
    const { notice } = session;
    session.notice = undefined;
    const connected = session.connection !== undefined;
    const { opened } = session;
    const pages = [
      ...(opened?.claims.context ? [['/here', 'In the meeting']] : []),
      ...(connected ? [['/', 'Connection'], ['/meetings', 'My meetings'], ['/shared', 'Shared with me'], ['/meetings/new', 'Create a meeting']] : []),
      ...(sites && connected ? [['/documents', 'Documents']] : []),
      ...(organisations && (connected || session.organisation) ? [['/organisation', 'As the organisation']] : []),
    ];
    const view = { page, content: { ...content, name, organisations }, name, path: ctx.path, pages, notice };
    ctx.type = 'html';
    ctx.body = await ejs.renderFile(`${VIEWS}/layout.ejs`, { view }, OPTIONS);
  };
