import type { KoaContextWithOIDC } from 'oidc-provider';

import type { ResourceServer } from '#src/apps/resource-server.ts';
import { authenticateAsker } from '#src/decisions/authenticate-asker.ts';

import { asOAuth } from './errors.ts';
import { mayIntrospect } from './introspection-policy.ts';
import { keyAt, readAccessToken, type FoundAccessToken } from './models/access-token.ts';
import type { OAuthDeps } from './oauth-deps.ts';

/** Other ways to say who asks. */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/**
 * What a resource server hears of an access token, which is what nearly every introspection asks: with a form of plain
 * parameters, its credentials in the header, and the text of an access token. `undefined` for every other question and
 * for credentials that are not right: those the library answers, with all its checks and refusals.
 */
export const introspectionAnswer =
  (deps: OAuthDeps) =>
  async (ctx: KoaContextWithOIDC): Promise<Record<string, unknown> | undefined> => {
    const body: Readonly<Record<string, unknown>> = ctx.oidc.body ?? {};
    const { token } = body;
    const { authorization, origin } = ctx.headers;
    if (typeof token !== 'string' || authorization === undefined || origin !== undefined) return undefined;
    if (!keyAt('introspection', token) || CREDENTIALS.some((name) => name in body) || Object.values(body).some(Array.isArray)) return undefined;
    return asOAuth(async () => {
      const asker = await authenticateAsker(deps, authorization);
      if (!asker) return undefined;
      const found = await readAccessToken(deps, ctx, token);
      if (found && 'rar' in found.payload) return undefined;
      return found && mayHear(asker, found) ? describe(deps, found) : { active: false };
    });
  };

const mayHear = ({ id, audience }: ResourceServer, { payload, binding }: FoundAccessToken): boolean =>
  mayIntrospect(
    { clientId: id, assent_kind: 'resource_server', assent_audience: audience },
    { kind: 'AccessToken', clientId: binding.app, aud: payload['aud'] as string | undefined },
  );

/** RFC 7662 section 2.2; RFC 9449 section 6.2 for a token that is bound to a key. */
const describe = ({ issuer }: OAuthDeps, { payload, binding, scope, extra }: FoundAccessToken): Record<string, unknown> => ({
  ...(binding.identity === 'user' ? { sub: binding.user } : {}),
  ...extra,
  active: true,
  client_id: binding.app,
  exp: payload['exp'],
  iat: payload['iat'],
  iss: issuer,
  aud: payload['aud'],
  scope: scope || undefined,
  cnf: payload['jkt'] === undefined ? undefined : { jkt: payload['jkt'] },
  token_type: payload['jkt'] === undefined ? 'Bearer' : 'DPoP',
});
