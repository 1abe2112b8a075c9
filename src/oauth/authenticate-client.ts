import type { Bindable, PresentedToken } from '#src/http/token-challenge.ts';
import type { WebContext } from '#src/http/web-context.ts';
import type { AppId, OperatorId } from '#src/ids.ts';
import { findOperator } from '#src/operators/operator-store.ts';

import { credentialStands } from './credentials.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { appTokenKey, managementTokenKey, type ClientToken } from './tokens/token-records.ts';

type Wanted = Pick<OAuthDeps, 'store' | 'clock' | 'apps'> & { readonly presentedToken: PresentedToken };

export type ManagementScope = 'manage' | 'read';

interface OperatorToken extends Bindable {
  readonly operator: OperatorId;
  readonly scopes: ReadonlySet<ManagementScope>;
}

interface AppToken extends Bindable {
  readonly app: AppId;
  readonly scopes: ReadonlySet<string>;
}

/** Which operator calls the management API. */
export const authenticateOperator = (deps: Wanted, ctx: WebContext): Promise<OperatorToken> =>
  deps.presentedToken(ctx, (text) => findOperatorToken(deps, text));

/** Which app calls, as itself and in no tenant, with what its token was asked for with. */
export const authenticateAppToken = (deps: Wanted, ctx: WebContext): Promise<AppToken> =>
  deps.presentedToken(ctx, (text) => findAppToken(deps, text), 'Send an access token of the app itself, from client_credentials without a tenant.');

/** For asking how it stands. A token that was asked for with a scope is good for that alone. */
export const authenticateApp = (deps: Wanted, ctx: WebContext): Promise<AppToken> =>
  deps.presentedToken(ctx, async (text) => {
    const found = await findAppToken(deps, text);
    return found?.scopes.size === 0 ? found : undefined;
  });

async function findOperatorToken(deps: Wanted, text: string): Promise<OperatorToken | undefined> {
  const key = managementTokenKey(text);
  const [record] = key ? await deps.store.read(key) : [];
  if (!record) return undefined;
  const operator = await findOperator(deps, record.value.client as OperatorId);
  if (!operator) return undefined;
  const asked = scopesOf(record.value);
  return { operator: operator.id, scopes: new Set(operator.scopes.filter((scope) => asked.has(scope))), jkt: jktOf(record.value) };
}

async function findAppToken(deps: Wanted, text: string): Promise<AppToken | undefined> {
  const key = appTokenKey(text);
  const [record] = key ? await deps.store.read(key) : [];
  const live = record && (await deps.apps.find(record.value.client as AppId));
  if (live?.app.status !== 'active' || !credentialStands(live.app, record?.value.credential)) return undefined;
  return { app: live.app.id, scopes: scopesOf(record!.value), jkt: jktOf(record!.value) };
}

const scopesOf = ({ payload }: ClientToken): ReadonlySet<string> => new Set(String(payload['scope'] ?? '').split(' ').filter(Boolean));

const jktOf = ({ payload }: ClientToken): string | null => (typeof payload['jkt'] === 'string' ? payload['jkt'] : null);
