import { join } from 'node:path';

import Koa from 'koa';

import type { Log } from '#src/log.ts';

import { accessLog } from './access-log.ts';
import { errorsAtTheEdge } from './errors-at-the-edge.ts';
import { basicHeaders } from './headers.ts';
import type { Metrics } from './metrics.ts';
import { openPublicFolder } from './public-folder.ts';
import { refuseCrossSiteForms } from './refuse-cross-site-forms.ts';
import { refuseMalformed } from './refuse-malformed.ts';
import { believeOnlyTheProxies, nameTheRequest, rememberItsOrigin } from './request-identity.ts';
import { createViews } from './views.ts';
import type { Manner, Site, WebMiddleware, WebState } from './web-context.ts';

/** A part of Assent at some paths: a router's `routes()`, or any middleware. */
export interface Mount {
  /** Paths that belong to it, with everything below them. */
  readonly at: readonly string[];
  readonly manner: Manner;
  readonly use: Koa.Middleware<WebState, any>;
}

export interface WebOptions {
  readonly site: Omit<Site, 'views' | 'asset'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'note'>;
  /** How many proxies in front add to `X-Forwarded-For`. */
  readonly trustedProxies: number;
  /** The folder that holds `views/` and `public/`. */
  readonly root: string;
  readonly mounts: readonly Mount[];
}

/** How connections end that the other side ended. */
const CLIENT_LEFT: ReadonlySet<unknown> = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE']);

/**
 * The root application. What every request passes is the table below, from top to bottom; then the first mount whose
 * path it is at answers.
 *
 * For those who write `pages.ts` and `routes.ts`:
 * - `createRouter()` (web-context.ts) makes a router; mount its `routes()`.
 * - `render(ctx, 'consent/consent', view, { title })` answers with `views/consent/consent.ejs` in the layout.
 * - In a page's GET: `csrf: csrfToken(ctx, 'consent:' + uid)` in the view, and in its form
 *   `<input type="hidden" name="csrf" value="<%= view.csrf %>">`.
 * - In its POST: `const form = await postedForm(ctx, 'consent:' + uid)`, which checks that token; then `form.one('tenant')`
 *   or `form.all('permission')`.
 * - `allowFormActionTo(ctx, redirectUri)` before `render` when answering the form may end in a redirect to an app.
 * - `allowImageFrom(ctx, logo)` before `render` when the page shows a picture that is not ours.
 * - `redirectTo(ctx, path)` after a POST (303).
 * - Throw `AppError`: the edge makes the page or the problem document of it.
 * - Who is signed in: `requireSignedIn` (sign-in/) sets `ctx.state.signedIn`.
 */
export function createWeb(options: WebOptions): Koa<WebState> {
  const publicFolder = openPublicFolder(join(options.root, 'public'));
  const site: Site = {
    ...options.site,
    views: createViews(join(options.root, 'views'), { checkFields: !options.site.production }),
    asset: publicFolder.asset,
  };
  const mannerOf = (path: string): Manner => mountAt(options.mounts, path)?.manner ?? 'page';

  const app = new Koa<WebState>();
  app.proxy = true; // safe: believeOnlyTheProxies has written the headers that koa then believes
  app.on('error', (err: unknown, ctx?: Koa.Context) => {
    const hasLeft = CLIENT_LEFT.has((err as { code?: unknown }).code);
    options.log[hasLeft ? 'debug' : 'error']({ request: ctx?.state['requestId'] as unknown, err }, hasLeft ? 'a client left before the end of its answer' : 'a request failed');
  });
  const everyRequest: WebMiddleware[] = [
    nameTheRequest(site, options.log, mannerOf),
    believeOnlyTheProxies(site, options.trustedProxies),
    rememberItsOrigin,
    accessLog(options.log, options.metrics.note),
    basicHeaders(site),
    errorsAtTheEdge,
    refuseMalformed,
    publicFolder.serve,
    refuseCrossSiteForms(site),
    ...options.mounts.map(answerAt),
  ];
  for (const step of everyRequest) app.use(step);
  return app;
}

const isAt = (path: string, at: string): boolean => at === '/' || (path.startsWith(at) && (path.length === at.length || path[at.length] === '/'));

const mountAt = (mounts: readonly Mount[], path: string): Mount | undefined =>
  mounts.find((mount) => mount.at.some((at) => isAt(path, at)));

const answerAt =
  (mount: Mount): WebMiddleware =>
  (ctx, next) =>
    mount.at.some((at) => isAt(ctx.path, at)) ? mount.use(ctx, next) : next();
