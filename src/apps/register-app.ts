import { newSecret } from '#src/client-secret.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type AppId, type TenantId } from '#src/ids.ts';
import { chosenId } from '#src/names.ts';
import { absent, put } from '#src/storage/record-store.ts';
import { digestOf } from '#src/storage/seal.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';

import type { App } from './app.ts';
import { changedDetails, type AppChanges } from './app-details.ts';
import { appKey, type AppDeps } from './app-records.ts';

export type AppInput = AppChanges & {
  readonly id?: string;
  readonly name: string;
  readonly developer: App['developer'];
  readonly authMethod: App['authMethod'];
  /** For good: an app does not change hands. */
  readonly owner?: TenantId | null;
};

export const usesSecret = (authMethod: App['authMethod']): boolean => authMethod.startsWith('client_secret_');

/**
 * An app without a version: it can do nothing until one is published. The secret is shown now and kept nowhere;
 * `given` is only for one who keeps it already, and never comes from outside.
 */
export async function registerApp(
  deps: AppDeps,
  { id, authMethod, owner = null, ...details }: AppInput,
  actor: Actor,
  given?: string,
): Promise<{ app: App; secret: string | null }> {
  const { store, clock } = deps;
  if (owner !== null && !(await findTenant(deps, owner))) {
    throw new AppError('invalid_request', { fields: [{ pointer: '/owner', detail: 'There is no such tenant.' }] });
  }
  const now = clock();
  const createdAt = new Date(now).toISOString();
  const secret = usesSecret(authMethod) ? (given ?? newSecret('app')) : null;
  const blank: App = {
    id: id === undefined ? newId('app') : (chosenId(id, 'app_') as AppId),
    name: '',
    tagline: '',
    logoUri: null,
    homepageUri: null,
    privacyUri: null,
    developer: details.developer,
    owner,
    listed: false,
    status: 'active',
    authMethod,
    secrets: secret === null ? [] : [{ digest: digestOf(secret), createdAt }],
    jwks: null,
    pkce: 'required',
    dpopBound: false,
    liveVersion: null,
    createdAt,
  };
  const app = changedDetails(blank, details);
  const key = appKey(app.id);
  const result = await store.commit({
    shard: key.shard,
    expect: [absent(key)],
    write: [put(key, app, { tenant: null })],
    events: [happened({ type: 'app.registered', tenant: null, app: app.id }, { actor, now })],
    durable: true,
  });
  if (!result.ok) throw new AppError('conflict', { detail: 'There is an app with this id already.' });
  return { app, secret };
}
