import { newSecret } from '#src/client-secret.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import type { AppId } from '#src/ids.ts';
import { changeStanding } from '#src/storage/revoke.ts';
import { digestOf } from '#src/storage/seal.ts';

import type { App } from './app.ts';
import { appKey, type AppDeps } from './app-records.ts';
import { usesSecret } from './register-app.ts';

const MOST = 2;

/** The new secret works beside the old one, until that is removed. Shown now and kept nowhere. */
export async function addSecret(
  deps: AppDeps,
  { id, ifVersion }: { id: AppId; ifVersion?: number },
  actor: Actor,
  secret = newSecret('app'),
): Promise<{ app: App; secret: string }> {
  const app = await changeStanding(deps.store, appKey(id), ifVersion, ({ value }) => {
    if (!usesSecret(value.authMethod)) throw new AppError('conflict', { detail: 'This app does not authenticate with a secret.' });
    if (value.secrets.length >= MOST) throw new AppError('conflict', { detail: 'This app has two secrets. Remove one first.' });
    const now = deps.clock();
    return {
      value: { ...value, secrets: [...value.secrets, { digest: digestOf(secret), createdAt: new Date(now).toISOString() }] },
      events: [happened({ type: 'app.secret_added', tenant: null, app: id }, { actor, now })],
    };
  });
  deps.apps?.forget(id);
  return { app, secret };
}

/** A secret is named by its digest. One that is gone already is gone: the answer is the same, and as durable. */
export async function removeSecret(
  deps: AppDeps,
  { id, digest, ifVersion }: { id: AppId; digest: string; ifVersion?: number },
  actor: Actor,
): Promise<App> {
  const app = await changeStanding(deps.store, appKey(id), ifVersion, ({ value }) => {
    const secrets = value.secrets.filter((secret) => secret.digest !== digest);
    const removed = secrets.length < value.secrets.length;
    if (removed && secrets.length === 0) throw new AppError('conflict', { detail: 'This is the only secret. Add another one first.' });
    return {
      value: { ...value, secrets },
      events: removed ? [happened({ type: 'app.secret_removed', tenant: null, app: id }, { actor, now: deps.clock() })] : [],
    };
  });
  deps.apps?.forget(id);
  return app;
}
