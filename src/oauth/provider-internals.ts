/**
 * The one place that reaches behind oidc-provider's documented surface, each time with the reason. Everything here is
 * pinned by tests that drive the endpoints, so an upgrade of the library that moves it turns them red.
 */
import type { JWK } from 'jose';
import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
// @ts-expect-error the library ships no types for its internals
import instance from 'oidc-provider/lib/helpers/weak_cache.js';
// @ts-expect-error the same
import KeyStore from 'oidc-provider/lib/helpers/keystore.js';
// @ts-expect-error the same
import authorization from 'oidc-provider/lib/actions/authorization/index.js';
// @ts-expect-error the same
import introspection from 'oidc-provider/lib/actions/introspection.js';
// @ts-expect-error the same
import token from 'oidc-provider/lib/actions/token.js';
// @ts-expect-error the same
import validateDpop from 'oidc-provider/lib/helpers/validate_dpop.js';

import { isPrototypeKey } from '#src/http/refuse-malformed.ts';
import { shardOfId } from '#src/ids.ts';

import { SigningKey } from './signing-key.ts';

type Handler = (ctx: KoaContextWithOIDC) => Promise<void>;

/** Surrounds a grant type's own handler, so that a shared step cannot be forgotten in any of them. */
export function wrapGrantType(provider: Provider, name: string, wrap: (handler: Handler) => Handler): void {
  (instance(provider).grantTypeHandlers as Map<string, Handler>).set(name, wrap(handlerOf(provider, name)));
}

/** The library's own handler of a grant type, for one of ours that mints in the same way. */
export function handlerOf(provider: Provider, name: string): Handler {
  const handler = (instance(provider).grantTypeHandlers as Map<string, Handler>).get(name);
  if (!handler) throw new Error(`grant type ${name} is not registered`);
  return handler;
}

/** Lets a grant type of the library take one parameter more. */
export function allowGrantTypeParameter(provider: Provider, name: string, parameter: string): void {
  const parameters: Map<string | undefined, Set<string>> = instance(provider).grantTypeParams;
  parameters.get(name)?.add(parameter);
  parameters.get(undefined)?.add(parameter);
}

/**
 * Forms are looked at as queries are (`http/refuse-malformed.ts`, xP15). The library reads them itself; what is thrown
 * while it stores one is answered as a body that could not be parsed.
 */
export function refuseMalformedForms(provider: Provider): void {
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  const BODY = Symbol('body');
  const check = (text: unknown): void => {
    if (String(text).includes('\0')) refuse();
  };
  const refuse = (): never => {
    throw new errors.InvalidRequest('a parameter has a name or holds a character that is not allowed');
  };
  Object.defineProperty(OIDCContext.prototype, 'body', {
    configurable: true,
    get(this: { [BODY]?: unknown }) {
      return this[BODY];
    },
    set(this: { [BODY]?: unknown }, body: unknown) {
      for (const [name, value] of Object.entries(body ?? {})) {
        if (isPrototypeKey(name)) refuse();
        check(name);
        if (Array.isArray(value)) value.forEach(check);
        else check(value);
      }
      this[BODY] = body;
    },
  });
}

/**
 * The library takes no JWT at introspection and revocation. One that we signed is asked for by its `jti`, under which
 * there is a record like that of an opaque token; any other is a text that nobody knows.
 */
export function askForJwtsByName(provider: Provider, jtiOf: (token: string) => string | undefined): void {
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  const inherited = Object.getOwnPropertyDescriptor(OIDCContext.prototype, 'body');
  Object.defineProperty(OIDCContext.prototype, 'body', {
    ...inherited,
    set(this: { route?: string }, body: unknown) {
      const { token } = (body ?? {}) as { token?: unknown };
      const asks = this.route === 'introspection' || this.route === 'revocation';
      const isJwt = typeof token === 'string' && token.split('.').length === 3;
      // A name that comes by itself is no token: it may stand in the logs of whoever read it.
      const isName = typeof token === 'string' && shardOfId('jwt', token) !== undefined;
      inherited?.set?.call(this, asks && (isJwt || isName) ? { ...(body as object), token: (isJwt && jtiOf(token)) || 'unknown' } : body);
    },
  });
}

interface Key {
  readonly kid: string;
  readonly alg: string;
}

/** The keys of ours that everybody can fetch. */
export const publishedKeys = (provider: Provider): readonly Key[] => instance(provider).jwks.keys;

/** The key that JWT access tokens are signed with. */
export const signingKey = (provider: Provider): SigningKey => instance(provider).keystore.selectForSign({ alg: 'ES256' })[0];

export type CheckProof = (
  request: { readonly proof: string; readonly method: string; readonly address: string },
  token: string,
) => Promise<{ readonly thumbprint: string; readonly jti: string }>;

/**
 * The library's own check of a DPoP proof (RFC 9449 section 4.3), for addresses that are ours and not the library's. It wants
 * a request at one of its routes; this is what it asks of that. Whether the proof was there before is not in it.
 */
export const proofChecker =
  (provider: Provider): CheckProof =>
  ({ proof, method, address }, token) =>
    validateDpop(provider, { method, get: () => proof, oidc: { provider, urlFor: () => address } }, token);

/** Under which name the library's parameters hold `authorization_details`. */
export const DETAILS_ASKED = 'details_asked';

/**
 * The library takes `authorization_details` only together with `resource`, which would bind the token to one resource
 * server (RFC 9396 asks for no such thing). Under another name it lets them pass to us.
 */
export function nameDetailsApart(provider: Provider): void {
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  const PARAMS = Symbol('params');
  Object.defineProperty(OIDCContext.prototype, 'params', {
    configurable: true,
    get(this: { [PARAMS]?: unknown }) {
      return this[PARAMS];
    },
    set(this: { [PARAMS]?: unknown }, params: Record<string, unknown> | undefined) {
      if (params?.['authorization_details'] !== undefined) {
        params[DETAILS_ASKED] = params['authorization_details'];
        params['authorization_details'] = undefined;
      }
      this[PARAMS] = params;
    },
  });
}

/** Those of a client's keys that an assertion with this header can be signed with, as the library tries them. */
export const keysForAssertion = ({ oidc }: KoaContextWithOIDC, { alg, kid }: Readonly<Record<string, unknown>>): readonly JWK[] =>
  (oidc.client as unknown as { asymmetricKeyStore: { selectForVerify(header: object): JWK[] } }).asymmetricKeyStore.selectForVerify({ alg, kid });

export type Step = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>;

/** What the library does at its endpoints, in order. Providers take the lists over when they are made. */
export const introspectionSteps = introspection as Step[];
export const tokenSteps = token as Step[];
export const authorizationSteps = authorization('authorization') as Step[];
export const resumeSteps = authorization('resume') as Step[];

/** Where a step of the library stands in such a list. */
export function placeOfStep(steps: readonly Step[], name: string): number {
  const place = steps.findIndex((step) => step.name === name);
  if (place < 0) throw new Error(`oidc-provider has no step ${name} any more where it is looked for`);
  return place;
}

/** Which parameters a grant type takes; `undefined` for one that there is not. */
export const grantTypeParameters = (provider: Provider, name: unknown): ReadonlySet<string> | undefined =>
  typeof name === 'string' ? (instance(provider).grantTypeParams as Map<string, Set<string>>).get(name) : undefined;

/** Addresses in discovery and redirects come from the issuer, never from the request's Host header (xT3). */
export function buildUrlsFromIssuer(provider: Provider): void {
  const { OIDCContext } = provider as unknown as { OIDCContext: { prototype: object } };
  Object.defineProperty(OIDCContext.prototype, 'urlFor', {
    value: (name: string, options?: object) =>
      (provider as unknown as { urlFor(name: string, options?: object): string }).urlFor(name, options),
  });
}

/** Signing keys can change while the server runs: new ones are published before they sign, old ones stay a while after. */
export function replaceSigningKeys(provider: Provider, keys: readonly JWK[]): void {
  const fresh = new KeyStore();
  for (const key of keys) fresh.add(new SigningKey(key));
  const state = instance(provider);
  state.keystore = fresh;
  state.jwks = { keys: keys.map(publicPart) };
}

const PUBLIC_MEMBERS = ['kty', 'use', 'kid', 'alg', 'crv', 'x', 'y', 'n', 'e'];

const publicPart = (key: object): object =>
  Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC_MEMBERS.includes(name)));

/** The scope of the request as it was sent. The library drops `offline_access` when `prompt=consent` is not there. */
export function scopeAsSent(ctx: KoaContextWithOIDC): string | undefined {
  const pushed = (ctx.oidc.entities as { PushedAuthorizationRequest?: { request?: string } }).PushedAuthorizationRequest;
  if (pushed?.request) {
    const [, payload] = pushed.request.split('.');
    return JSON.parse(Buffer.from(payload ?? '', 'base64url').toString('utf8')).scope;
  }
  const sent = ctx.method === 'POST' ? ctx.oidc.body : ctx.query;
  return typeof sent?.['scope'] === 'string' ? sent['scope'] : undefined;
}
