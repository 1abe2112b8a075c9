import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import serveFrom from 'koa-static';

import type { WebContext, WebMiddleware } from './web-context.ts';

/**
 * Files for everybody. The names are read once, so that no other path ever reaches the disk; an address made by `asset`
 * holds a digest of the content and may be kept for a year.
 */
export function openPublicFolder(folder: string): { serve: WebMiddleware; asset: (name: string) => string } {
  const versions = new Map(
    readdirSync(folder).map((name) => [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex').slice(0, 12)]),
  );
  const files = serveFrom(folder, { index: false });
  async function serve(ctx: WebContext, next: () => Promise<void>, version: string): Promise<void> {
    await files(ctx as never, next);
    ctx.set('cache-control', ctx.query['v'] === version ? 'public, max-age=31536000, immutable' : 'public, max-age=300');
  }
  return {
    asset: (name) => `/${name}?v=${versions.get(name) ?? ''}`,
    serve: (ctx, next) => {
      const version = versions.get(ctx.path.slice(1));
      return version === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD') ? next() : serve(ctx, next, version);
    },
  };
}
