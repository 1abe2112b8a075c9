import type Koa from 'koa';
import Router from '@koa/router';

import type { Log } from '#src/log.ts';
import type { LiveSession } from '#src/sign-in/session.ts';

import type { AccountSection } from './account-frame.ts';
import type { AdminPlace, AdminSection } from './admin-frame.ts';
import type { PostedForm } from './posted-form.ts';
import type { Views } from './views.ts';

/** What is the same for every request. */
export interface Site {
  /** The issuer: the only address Assent believes it has, whatever a request says (threat xT3). */
  readonly origin: string;
  readonly platformName: string;
  readonly production: boolean;
  readonly csrfKey: Uint8Array;
  readonly accountSections: readonly AccountSection[];
  readonly adminSections: readonly AdminSection[];
  readonly views: Views;
  /** The address of a file in `public/`, with its version. */
  readonly asset: (name: string) => string;
}

/** How a path answers: pages for people, JSON for programs, or as the protocol says. */
export type Manner = 'page' | 'api' | 'protocol';

export interface WebState {
  site: Site;
  /** Stands in the log, in the answer's `x-request-id` and on error pages. */
  requestId: string;
  log: Log;
  /** The client's address, as the trusted proxies tell it. */
  address: string;
  manner: Manner;
  /** Who is signed in; `requireSignedIn` (sign-in/) puts it there. Forms made while it is there are bound to the session. */
  signedIn?: LiveSession;
  /** The tenant that an admin page is about, and what the person may do there; `requireAdmin` puts it there. */
  admin?: AdminPlace;
  /** The form of this request once it was read; see `postedForm`. */
  form?: PostedForm;
  /** The anonymous half of the double submit, when this request made it; see csrf.ts. */
  formCookie?: string;
  /** Redirect targets beyond our own that a form on this page may lead to; see `allowFormActionTo`. */
  formTargets?: string[];
  /** Where pictures on this page may come from beyond us; see `allowImageFrom`. */
  imageOrigins?: string[];
  /** Whether this page runs a script of ours; see `allowOwnScript`. */
  ownScript?: boolean;
}

export type WebContext = Koa.ParameterizedContext<WebState>;
export type WebMiddleware = Koa.Middleware<WebState>;
export type WebRouter = Router<WebState>;

/** The router for a slice's `routes.ts` or `pages.ts`. Answers 404 and 405 are given by `createWeb`. */
export const createRouter = (): WebRouter => new Router<WebState>();
