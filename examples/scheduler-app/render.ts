import ejs from 'ejs';
import type { Context } from 'koa';

import type { Session } from './sessions.ts';

const VIEWS = `${import.meta.dirname}/views`;
// The templates know one name, `view`.
const OPTIONS = { strict: true, destructuredLocals: ['view'], root: VIEWS, cache: true };

export async function render(ctx: Context, session: Session, page: string, content: { title: string; [field: string]: unknown }): Promise<void> {
  const { notice } = session;
  session.notice = undefined;
  const view = { page, content, path: ctx.path, connected: session.connection !== undefined, notice };
  ctx.type = 'html';
  ctx.body = await ejs.renderFile(`${VIEWS}/layout.ejs`, { view }, OPTIONS);
}
