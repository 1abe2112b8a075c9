import Provider from 'oidc-provider';

import type { App } from '#src/apps/app.ts';

/**
 * One of the secrets or keys that a client can say with who it is. What client_credentials gives carries it and ends with
 * it: a secret is removed because somebody else may have it, and what they got with it must not live on.
 */
export type Credential = `secret ${string}` | `key ${string}`;

const USED = Symbol('credential');

export const noteCredential = (credential: Credential): void => {
  if (Provider.ctx) Object.assign(Provider.ctx, { [USED]: credential });
};

/** With what the client of this request said who it is; `null` when its keys have no names. */
export const credentialOf = (ctx: object): Credential | null => (ctx as { [USED]?: Credential })[USED] ?? null;

/** `undefined` is what tokens from before this was kept have. */
export function credentialStands({ secrets, jwks }: Pick<App, 'secrets'> & { readonly jwks?: App['jwks'] }, credential: Credential | null | undefined): boolean {
  if (!credential) return true;
  const [kind, name] = [credential.slice(0, credential.indexOf(' ')), credential.slice(credential.indexOf(' ') + 1)];
  if (kind === 'secret') return secrets.some(({ digest }) => digest === name);
  return (jwks?.keys ?? []).some(({ kid }) => kid === name);
}
