import { contentSecurityPolicy, default as helmet } from 'helmet';

import type { Site, WebContext, WebMiddleware } from './web-context.ts';

/** For every answer, whatever it is. Pages get the rest in `setPageHeaders`. */
export const basicHeaders = (site: Site): WebMiddleware => {
  const onlySecure = site.production && site.origin.startsWith('https:');
  return ({ res }, next) => {
    // Past koa, which looks at each name and value again: this is on the path of every request.
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('referrer-policy', 'no-referrer');
    if (onlySecure) res.setHeader('strict-transport-security', 'max-age=63072000; includeSubDomains');
    return next();
  };
};

const policy = (formTargets: readonly string[], imageOrigins: readonly string[], ownScript: boolean) =>
  contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:', ...imageOrigins],
      fontSrc: ["'self'"],
      ...(ownScript && { scriptSrc: ["'self'"] }),
      baseUri: ["'none'"],
      formAction: ["'self'", ...formTargets],
      frameAncestors: ["'none'"],
    },
  });

const pageHeaders = helmet({
  contentSecurityPolicy: false, // set by itself, because it differs from page to page
  strictTransportSecurity: false, // basicHeaders
  xFrameOptions: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  // A page of the flow may stand in a window that an app opened, and the app waits for that window to come back.
  crossOriginOpenerPolicy: false,
});

const goOn = (): void => {};

export function setPageHeaders(ctx: WebContext): void {
  pageHeaders(ctx.req, ctx.res, goOn);
  policy(ctx.state.formTargets ?? [], ctx.state.imageOrigins ?? [], ctx.state.ownScript ?? false)(ctx.req, ctx.res, goOn);
  ctx.set('cache-control', 'no-store');
}

/**
 * Browsers hold a form to `form-action` through every redirect that answers it: a page whose form may end at an app
 * has to name the app's address before it is rendered. Takes the registered redirect URI.
 */
export function allowFormActionTo(ctx: WebContext, redirectUri: string): void {
  (ctx.state.formTargets ??= []).push(formTarget(redirectUri));
}

/** A source expression of CSP: an origin, or only a scheme where the grammar has no word for the host (IPv6, apps' own schemes). */
function formTarget(redirectUri: string): string {
  const url = new URL(redirectUri);
  return /^https?:$/.test(url.protocol) && !url.hostname.startsWith('[') ? url.origin : url.protocol;
}

/** Lets this page show a picture from elsewhere: the logo of the app that it is about. */
export function allowImageFrom(ctx: WebContext, address: string): void {
  (ctx.state.imageOrigins ??= []).push(new URL(address).origin);
}

/** Lets this page run a script of `public/`. Every page has to do without it all the same. */
export function allowOwnScript(ctx: WebContext): void {
  ctx.state.ownScript = true;
}
