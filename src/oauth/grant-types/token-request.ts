import type Provider from 'oidc-provider';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { Expectation } from '#src/storage/record-store.ts';

import { asOAuth } from '../errors.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { allowGrantTypeParameter, DETAILS_ASKED, handlerOf, wrapGrantType } from '../provider-internals.ts';
import { withSharedAccess } from '../models/grant.ts';
import { carryDetails } from '../resource-access.ts';
import { tokenChange } from '../tokens/commit-tokens.ts';
import { actsThrough } from '../tokens/standing.ts';
import { endFamily } from '../tokens/end-family.ts';
import { resetUnit, unitOf } from '../unit-of-work.ts';
import { prepareClientCredentials } from './client-credentials.ts';
import { mintClientToken } from './mint-client-token.ts';
import { addTenantToken } from './tenant-token.ts';
import { nameTokenType, prepareTokenExchange, TOKEN_EXCHANGE, TOKEN_EXCHANGE_PARAMETERS } from './token-exchange.ts';

const TRIES = 3;

/**
 * What every grant type shares: the library's handler reads and prepares, then one commit makes it true. Only after
 * the commit does the answer leave. When a record changed under it, the request is judged once more from the start.
 */
export function wrapGrantTypes(provider: Provider, deps: OAuthDeps): void {
  for (const name of ['authorization_code', 'refresh_token']) {
    wrapGrantType(provider, name, (handler) => async (ctx) => {
      sayShared(ctx);
      for (let tries = 1; ; tries += 1) {
        resetUnit(ctx);
        await handler(ctx);
        await addTenantToken(deps, ctx);
        nameGrant(ctx);
        const failed = await commit(deps, ctx);
        if (failed === undefined) return;
        ctx.body = undefined;
        const mayRepeat = tries < TRIES && !ctx.get('dpop') && !failed.some(({ is }) => is === 'unconsumed');
        if (!mayRepeat) await giveUp(deps, ctx, failed);
      }
    });
  }
  provider.registerGrantType(TOKEN_EXCHANGE, exchangeTokens(provider, deps), TOKEN_EXCHANGE_PARAMETERS);
  for (const name of ['authorization_code', 'refresh_token', 'client_credentials', TOKEN_EXCHANGE]) {
    for (const parameter of ['authorization_details', DETAILS_ASKED]) allowGrantTypeParameter(provider, name, parameter);
  }
  allowGrantTypeParameter(provider, 'client_credentials', 'tenant');
  wrapGrantType(provider, 'client_credentials', (handler) => async (ctx) => {
    resetUnit(ctx);
    await asOAuth(() => prepareClientCredentials(deps, ctx));
    const { standing, write } = unitOf(ctx);
    const minted = mintClientToken(deps, ctx);
    if (minted) {
      write.push(minted);
      if (!standing) return void (await asOAuth(() => deps.store.commit({ shard: minted.key.shard, write })));
    } else {
      if (standing) carryDetails(ctx);
      await handler(ctx);
    }
    if (standing && (await commit(deps, ctx))) throw new errors.InvalidGrant('the installation changed meanwhile; try again');
  });
}

/** Before a key proof can have been used up, and only what is judged anew from the start, is tried once more. */
function exchangeTokens(provider: Provider, deps: OAuthDeps): (ctx: KoaContextWithOIDC) => Promise<void> {
  const mint = handlerOf(provider, 'client_credentials');
  return async (ctx) => {
    const scope = ctx.oidc.params?.['scope'];
    for (let tries = 1; ; tries += 1) {
      resetUnit(ctx);
      Object.assign(ctx.oidc.params ?? {}, { scope });
      await asOAuth(() => prepareTokenExchange(provider, deps, ctx));
      carryDetails(ctx);
      await mint(ctx);
      nameTokenType(ctx);
      nameGrant(ctx);
      const failed = await commit(deps, ctx);
      if (failed === undefined) return;
      ctx.body = undefined;
      const mayRepeat = tries < TRIES && !ctx.get('dpop') && !failed.some(({ is }) => is === 'unconsumed');
      if (!mayRepeat) throw new errors.InvalidGrant('the context token was used already, or what it was minted from changed meanwhile');
    }
  };
}

/** Asked for with less, a token passes shared access on all the same, as long as the person lets it (Z4): the answer says so. */
function sayShared({ oidc: { params } }: KoaContextWithOIDC): void {
  if (params?.['scope'] !== undefined) Object.assign(params, { scope: withSharedAccess(params['scope']) });
}

/** Grant Management for OAuth 2.0, section 6.2: the app learns by which id it can ask for the grant or end it. */
function nameGrant(ctx: KoaContextWithOIDC): void {
  const { standing } = unitOf(ctx);
  if (standing?.identity === 'user') Object.assign(ctx.body as object, { grant_id: standing.grant.value.id });
}

async function commit(deps: OAuthDeps, ctx: KoaContextWithOIDC): Promise<readonly Expectation[] | undefined> {
  const unit = unitOf(ctx);
  unit.accessTokenEnds = Math.ceil(deps.clock() / 1000) + Number((ctx.body as { expires_in?: number }).expires_in ?? 0);
  const change = tokenChange(unit, deps);
  if (!change) throw new Error('a token request has nothing to commit');
  const result = await asOAuth(() => deps.store.commit(change));
  if (!result.ok) return result.failed;
  for (const standing of [unit.standing, unit.alsoStanding]) if (standing) deps.noteUse(actsThrough(standing));
  return undefined;
}

/** The code was used by somebody faster: two hold it, so what came of it is dead (RFC 6749 section 4.1.2). */
async function giveUp(deps: OAuthDeps, ctx: KoaContextWithOIDC, failed: readonly Expectation[]): Promise<never> {
  const { code } = unitOf(ctx);
  if (code && failed.some(({ is }) => is === 'unconsumed')) {
    await asOAuth(() => endFamily(deps, code.value.binding, 'code_replayed'));
    throw new errors.InvalidGrant('authorization code already consumed');
  }
  throw new errors.InvalidGrant('what this was granted under changed meanwhile');
}
