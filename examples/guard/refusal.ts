import type { Decision, Missing } from './assent.ts';

/** Why a call is not answered, as it goes out: status, body and headers. */
export interface Refusal {
  readonly status: number;
  readonly body: { readonly code: string; readonly message: string; readonly missing?: Missing };
  readonly headers: Readonly<Record<string, string>>;
}

type Words = Readonly<Record<string, readonly [status: number, message: string]>>;

/** What the guard says by itself; all else Assent says. */
const OWN: Words = {
  invalid_token: [401, 'Send a valid access token.'],
  user_token_required: [403, 'This belongs to one person. Ask with a token of that person, not of the tenant.'],
  tenant_token_required: [403, 'This is for an app that acts for the whole tenant. Ask with a tenant token.'],
  forbidden: [403, 'This app may not use that data.'],
  not_found: [404, 'There is nothing here.'],
  unavailable: [503, 'The token cannot be checked just now. Try again in a moment.'],
};

/** `challenge`: the parameters of `WWW-Authenticate` (RFC 6750, section 3). */
const refusal = (code: string, more: { message?: string | undefined; challenge?: readonly string[]; missing?: Missing | undefined; headers?: Record<string, string> } = {}): Refusal => {
  const [status, message] = OWN[code] ?? [403, 'This app may not do that.'];
  const challenge = more.challenge && { 'www-authenticate': `Bearer ${more.challenge.join(', ')}` };
  return { status, body: { code, message: more.message ?? message, ...(more.missing && { missing: more.missing }) }, headers: { ...more.headers, ...challenge } };
};

export const simply = (code: 'user_token_required' | 'tenant_token_required' | 'not_found' | 'shared_access_not_permitted', message?: string): Refusal => refusal(code, { message });

export const unavailable = (): Refusal => refusal('unavailable', { headers: { 'retry-after': '1' } });

/** RFC 6750 section 3.1: a call that sent no token is told no error code. */
export const unauthenticated = (realm: string, { sent, message }: { readonly sent: boolean; readonly message?: string | undefined }): Refusal =>
  refusal('invalid_token', { message, challenge: [`realm="${realm}"`, ...(sent ? ['error="invalid_token"'] : [])] });

/** A denial of Assent's about a token that is good. */
export function denied(realm: string, { context: { code = 'forbidden', reason, missing } }: Decision): Refusal {
  if (code === 'not_found') return refusal(code);
  if (code !== 'insufficient_scope') return refusal(code, { message: code in OWN ? undefined : reason });
  const scope = scopeValue(missing?.permission);
  return refusal(code, { message: reason, missing, challenge: [`realm="${realm}"`, 'error="insufficient_scope"', ...(scope === undefined ? [] : [`scope="${scope}"`])] });
}

/** A right on a node is given with a node that somebody chooses; no scope value asks for it. */
const scopeValue = (permission: string | undefined): string | undefined =>
  permission === undefined || /^(resource_access|app_only):/.test(permission) || !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(permission) ? undefined : permission;
