import type { Context } from 'koa';

const ANSWERS = {
  invalid_request: { status: 400, message: 'Send a JSON object: for a meeting title, startsAt (ISO 8601) and minutes (a number); for an entry of a list, title.' },
  internal_error: { status: 500, message: 'Something went wrong on our side.' },
} as const;

/** What has nothing to do with who calls. */
export function refuse(ctx: Context, code: keyof typeof ANSWERS): void {
  const { status, message } = ANSWERS[code];
  ctx.status = status;
  ctx.body = { code, message };
}
