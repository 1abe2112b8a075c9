import type { Context } from 'koa';

import type { Refusal } from './authorize.ts';
import type { Missing } from './introspect.ts';

type Code = Refusal | 'invalid_request' | 'not_found' | 'unavailable' | 'internal_error';

const REALM = 'Meetings API';
const ANSWERS: Record<Code, { status: number; message: string }> = {
  invalid_request: { status: 400, message: 'Send a JSON object with title, startsAt (ISO 8601) and minutes (a number).' },
  invalid_token: { status: 401, message: 'Send a valid access token.' },
  user_token_required: { status: 403, message: 'This belongs to one person. Ask with a token of that person, not of the tenant.' },
  tenant_token_required: { status: 403, message: 'This is for an app that acts for the whole tenant. Ask with a tenant token.' },
  insufficient_scope: { status: 403, message: 'The app does not hold the permission this needs.' },
  shared_access_not_permitted: { status: 403, message: 'The user has not permitted this app to use shared access' },
  out_of_data_range: { status: 403, message: 'This lies outside the data that the app may reach in this tenant.' },
  forbidden: { status: 403, message: 'This app may not use that data.' },
  not_found: { status: 404, message: 'There is nothing here.' },
  internal_error: { status: 500, message: 'Something went wrong on our side.' },
  unavailable: { status: 503, message: 'The token cannot be checked just now. Try again in a moment.' },
};

export function refuse(ctx: Context, code: Code, { permission, missing }: { permission?: string | undefined; missing?: Missing | undefined } = {}): void {
  const { status, message } = ANSWERS[code];
  ctx.status = status;
  ctx.body = { code, message, ...(missing && { missing }) };
  if (code === 'unavailable') ctx.set('retry-after', '1');
  // RFC 6750 section 3.1: a call that sent no token is told no error code.
  const error = ctx.get('authorization') === '' ? '' : `, error="${code}"`;
  if (code === 'invalid_token') ctx.set('www-authenticate', `Bearer realm="${REALM}"${error}`);
  if (code === 'insufficient_scope') ctx.set('www-authenticate', `Bearer realm="${REALM}"${error}, scope="${permission}"`);
}
