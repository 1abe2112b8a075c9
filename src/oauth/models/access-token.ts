import type { AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';

import { put } from '#src/storage/record-store.ts';
import { confirmNone, endRecord } from '#src/storage/revoke.ts';

import type { Model } from '../adapter.ts';
import type { OAuthDeps } from '../oauth-deps.ts';
import { detailsIn, detailsNow } from '../resource-access.ts';
import { jwtKey } from '../tokens/jwt-tokens.ts';
import { actsThrough, readStanding, scopeNow } from '../tokens/standing.ts';
import { accessTokenKey, type Payload, type StoredToken, type TokenBinding } from '../tokens/token-records.ts';
import { unitOf } from '../unit-of-work.ts';
import { currentRequest } from './current-request.ts';
import { forResourceServers } from './for-resource-servers.ts';

/** The name of a JWT opens nothing: it is known where tokens are asked about and taken back. */
export const keyAt = (route: string, token: string) =>
  accessTokenKey(token) ?? (route === 'introspection' || route === 'revocation' ? jwtKey(token) : undefined);

/** An access token as it is right now. */
export interface FoundAccessToken {
  readonly payload: Payload;
  readonly binding: TokenBinding;
  readonly scope: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** Read through its grant: what the grant, the member or the app version lost, the token has lost (I3, I4). */
export async function readAccessToken(deps: OAuthDeps, ctx: KoaContextWithOIDC, token: string): Promise<FoundAccessToken | undefined> {
  const { route } = ctx.oidc;
  const key = keyAt(route, token);
  const [record] = key ? await deps.store.read(key) : [];
  if (!record || hasEnded(deps, record.value.payload)) return undefined;
  const { payload, binding } = record.value;
  const standing = await readStanding(deps, binding, deps.readBeside);
  if (!standing || (binding.family !== null && !standing.family)) return undefined;
  unitOf(ctx).standing = standing;
  deps.noteUse(actsThrough(standing));
  const scope = scopeNow(standing, String(payload['scope'] ?? '').split(' '));
  const more = route === 'introspection' ? await forResourceServers(deps, ctx, standing, scope) : {};
  const nodes = detailsIn(payload);
  const onNodes = nodes.length > 0 && { rar: await detailsNow(deps, standing, nodes) };
  return { payload: { ...payload, ...onNodes }, binding, scope: scope.join(' '), extra: { ...(payload['extra'] as object), ...more } };
}

/** Storage counts in milliseconds, tokens in whole seconds. */
const hasEnded = ({ clock }: OAuthDeps, { exp }: Payload): boolean => typeof exp === 'number' && exp * 1000 <= clock();

export const accessTokenModel = (deps: OAuthDeps): Model => ({
  /** Only opaque tokens come here; they join the one commit of the request. */
  async upsert(token, { jti: _, ...payload }, secondsToLive) {
    const unit = unitOf(currentRequest());
    const key = accessTokenKey(token);
    const source = unit.code ?? unit.family;
    if (!key || !source) throw new Error('an access token comes from a code or a refresh token');
    const value: StoredToken = { binding: source.value.binding, payload };
    const expiresAt = deps.clock() + secondsToLive * 1000;
    unit.write.push(put(key, value, { tenant: value.binding.tenant, expiresAt }));
  },

  async find(token) {
    const ctx = currentRequest();
    // What rests just now, with a member who is inactive say, can come back: it has to be found to be taken away (I2).
    if (ctx.oidc.route === 'revocation') {
      const key = keyAt('revocation', token);
      const [record] = key ? await deps.store.read(key) : [];
      if (key && !record) await confirmNone(deps.store, key);
      return record && { ...record.value.payload, kind: 'AccessToken', jti: token };
    }
    const found = await readAccessToken(deps, ctx, token);
    if (!found) return undefined;
    const { payload, binding, scope, extra } = found;
    const now: AdapterPayload = { ...payload, kind: 'AccessToken', jti: token, scope, extra };
    // A tenant token acts for nobody: not for the admin whose consent it may have come of.
    return binding.identity === 'tenant' ? { ...now, accountId: undefined, grantId: undefined } : now;
  },

  /** RFC 7009 with an access token: this one alone. With a refresh token the app takes itself out altogether. */
  async destroy(token) {
    const key = keyAt(currentRequest().oidc.route, token);
    if (key) await endRecord(deps.store, key, undefined, () => ({ events: [] }));
  },

  async revokeByGrantId() {},
});
