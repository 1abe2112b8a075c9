import { AppError } from '#src/errors.ts';

import type { WebContext, WebMiddleware } from './web-context.ts';

const LONGEST_ADDRESS = 8192;
const PROTOTYPE_KEY = /^(?:__proto__|constructor|prototype)(?:$|[.[])/;

/** Names that reach into JavaScript objects have no honest use as a parameter (threat xP15). */
export const isPrototypeKey = (name: string): boolean => PROTOTYPE_KEY.test(name);

const refuse = (detail: string): never => {
  throw new AppError('invalid_request', { detail });
};

/** Turns away, before any work is done, what no honest client sends (threat xP15). */
export const refuseMalformed: WebMiddleware = (ctx, next) => {
  if (ctx.url.length > LONGEST_ADDRESS) refuse('The address is too long.');
  if (!decodes(ctx.path)) refuse('The address is not valid.');
  if (ctx.querystring !== '') checkQuery(ctx);
  return next();
};

function decodes(path: string): boolean {
  if (!path.includes('%')) return true;
  try {
    return !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

/** The protocol's own checks say which of its parameters may come twice; elsewhere none may. */
function checkQuery(ctx: WebContext): void {
  const seen = new Set<string>();
  // The protocol reads what koa parsed and keeps; there, what stands twice is a list.
  for (const [name, value] of ctx.state.manner === 'protocol' ? Object.entries(ctx.query) : new URLSearchParams(ctx.querystring)) {
    if (isPrototypeKey(name)) refuse('A parameter has a name that is not allowed.');
    if (name.includes('\0') || String(value).includes('\0')) refuse('A parameter holds a NUL character.');
    if (seen.has(name)) refuse(`The parameter ${JSON.stringify(name)} stands there twice.`);
    seen.add(name);
  }
}
