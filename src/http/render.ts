import { csrfToken } from './csrf.ts';
import { setPageHeaders } from './headers.ts';
import type { WebContext } from './web-context.ts';

export interface PageFrame {
  /** Stands in the browser's tab before the platform's name. */
  readonly title: string;
  /** `narrow` for one question at a time, `wide` for lists and settings. */
  readonly width?: 'narrow' | 'wide';
  /** Tabs above the page; `current` is the one it belongs to. */
  readonly tabs?: readonly Tab[];
  /** What the tabs are about: the person's own account, unless it is said. */
  readonly place?: string;
}

export interface Tab {
  readonly label: string;
  readonly href: string;
  readonly current: boolean;
}

/** Answers with `views/<page>.ejs` in `views/layout.ejs`. The page's own headers are set here, so no page lacks them. */
export function render(ctx: WebContext, page: string, view: object, frame: PageFrame): void {
  const { site, signedIn } = ctx.state;
  const body = site.views.html(page, view);
  const html = site.views.html('layout', {
    title: `${frame.title} · ${site.platformName}`,
    platformName: site.platformName,
    width: frame.width ?? 'narrow',
    tabs: frame.tabs ?? [],
    place: frame.place ?? '',
    stylesheet: site.asset('assent.css'),
    icon: site.asset('icon.svg'),
    person: signedIn === undefined ? null : { name: signedIn.user.name, email: signedIn.user.email, csrf: csrfToken(ctx, 'sign-out') },
    body,
  });
  setPageHeaders(ctx);
  ctx.type = 'html';
  ctx.body = html;
}

/** The answer to a form that was accepted. `where` is a path of ours, or an address that a port vouches for. */
export function redirectTo(ctx: WebContext, where: string): void {
  ctx.status = 303;
  ctx.set('location', where);
  ctx.set('cache-control', 'no-store');
  ctx.type = 'text/plain';
  ctx.body = 'See the address in Location.';
}
