import { Readable } from 'node:stream';

import type { WebContext } from './web-context.ts';

export const JSON_LINES = 'application/x-ndjson';

/**
 * Answers with a JSON text on each line, as fast as the client takes them: a page is only read when the one before was
 * taken, and none once the client has gone. What fails before the first line is answered as any error; later the
 * connection breaks off, so that half an answer does not pass for a whole one.
 */
export async function sendLines(ctx: WebContext, pages: AsyncGenerator<readonly object[], void>): Promise<void> {
  const first = await pages.next();
  ctx.status = 200;
  ctx.type = JSON_LINES;
  ctx.set('cache-control', 'no-store');
  ctx.body = Readable.from(texts(first, pages));
}

const texts = async function* (first: IteratorResult<readonly object[], void>, pages: AsyncGenerator<readonly object[], void>): AsyncGenerator<string, void> {
  try {
    for (let page = first; !page.done; page = await pages.next()) {
      if (page.value.length > 0) yield page.value.map((each) => `${JSON.stringify(each)}\n`).join('');
    }
  } finally {
    await pages.return();
  }
};
