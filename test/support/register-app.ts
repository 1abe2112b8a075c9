import type { Management } from './management.ts';

export interface TestApp {
  readonly id: string;
  /** `null` for a client without one. */
  readonly secret: string | null;
  readonly redirectUri: string;
}

/** An app with a published version, made through the management API. */
export async function registerApp(
  manage: Management,
  details: { readonly name: string; readonly [field: string]: unknown },
  version: { readonly redirectUris: readonly string[]; readonly [field: string]: unknown },
): Promise<TestApp> {
  const { id, secret = null } = await manage.post('/apps', { developer: { name: 'Example Software', verified: true }, ...details });
  await publishVersion(manage, id, version);
  return { id, secret, redirectUri: version.redirectUris[0] ?? '' };
}

/** Puts another version of the app in use. */
export async function publishVersion(manage: Management, app: string, version: object): Promise<void> {
  const draft = await manage.post(`/apps/${app}/versions`, version);
  await manage.post(`/apps/${app}/versions/${draft.id}/publish`);
}
