import ejs from 'ejs';
import type { Context } from 'koa';

import type { Session } from './sessions.ts';

const VIEWS = `${import.meta.dirname}/views`;
// The templates know one name, `view`.
const OPTIONS = { strict: true, destructuredLocals: ['view'], root: VIEWS, cache: true };

export async function render(ctx: Context, session: Session, page: string, view: Record<string, unknown>): Promise<void> {
  const { notice } = session;
  session.notice = undefined;
  const body = await ejs.renderFile(`${VIEWS}/${page}.ejs`, { view }, OPTIONS);
  ctx.type = 'html';
  ctx.body = await ejs.renderFile(
    `${VIEWS}/layout.ejs`,
    { view: { title: view.title, path: ctx.path, connected: session.connection !== undefined, notice, body } },
    OPTIONS,
  );
}
