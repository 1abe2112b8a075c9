/**
 * In a form that names each parameter once, most of the library's steps at the token endpoint have nothing to find:
 * they look for what stands there twice, and each costs a promise and some of them a set of all parameters. Such a form
 * takes the short way through the library's own steps; for every other the library goes on as if this step were not
 * there. Providers take the list over when they are made, which this module is imported before.
 */
import compose from 'koa-compose';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';

import { grantTypeParameters, placeOfStep, tokenSteps } from './provider-internals.ts';

const CLIENT_AUTHENTICATION = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

const shortWay = compose(
  ['setWWWAuthenticateHeader', 'authenticateClient', 'allowedGrantTypeCheck', 'validateScope', 'callTokenHandler'].map((name) => tokenSteps[placeOfStep(tokenSteps, name)]!),
);

tokenSteps.splice(placeOfStep(tokenSteps, 'assembleTokenParams'), 0, function plainForms(ctx, next) {
  const params = plainParameters(ctx.oidc.provider, ctx.oidc.body ?? {});
  if (!params) return next();
  Object.assign(ctx.oidc, { params });
  return shortWay(ctx);
});

/** Of the form what its grant type knows; `undefined` when that is not all there is to it. */
function plainParameters(provider: Provider, form: KoaContextWithOIDC['oidc']['body'] & object): Record<string, string | undefined> | undefined {
  for (const name in form) if (typeof form[name] !== 'string') return undefined;
  const known = grantTypeParameters(provider, form['grant_type']);
  if (!known || 'authorization_details' in form) return undefined;
  const params: Record<string, string | undefined> = {};
  for (const name of CLIENT_AUTHENTICATION) params[name] = (form[name] as string) || undefined;
  for (const name of known) params[name] = (form[name] as string) || undefined;
  return params;
}
