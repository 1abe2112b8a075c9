import type { WebContext } from './web-context.ts';

/** A parameter of the address, or `''`. That none comes twice was seen to before (refuse-malformed.ts). */
export const queryField = (ctx: WebContext, name: string): string => {
  const value = ctx.query[name];
  return typeof value === 'string' ? value : '';
};
