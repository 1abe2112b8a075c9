import Provider from 'oidc-provider';

import type { App } from '#src/apps/app.ts';
import { keyThumbprint } from '#src/apps/jwks.ts';

/**
 * One of the secrets or keys that a client can say with who it is, by its digest or thumbprint. What client_credentials
 * gives carries it and ends with it: it is removed because somebody else may have it, and what they got must not live on.
 */
export type Credential = `secret ${string}` | `jwk ${string}` | `key ${string}`;

const USED = Symbol('credential');

export const noteCredential = (credential: Credential): void => {
  if (Provider.ctx) Object.assign(Provider.ctx, { [USED]: credential });
};

/** With what the client of this request said who it is; `null` when it said so with nothing. */
export const credentialOf = (ctx: object): Credential | null => (ctx as { [USED]?: Credential })[USED] ?? null;

/** `undefined` is what tokens from before this was kept have. */
export function credentialStands({ secrets, jwks }: Pick<App, 'secrets'> & { readonly jwks?: App['jwks'] }, credential: Credential | null | undefined): boolean {
  if (!credential) return true;
  const [kind, name] = [credential.slice(0, credential.indexOf(' ')), credential.slice(credential.indexOf(' ') + 1)];
  if (kind === 'secret') return secrets.some(({ digest }) => digest === name);
  // A `kid` is what tokens from before thumbprints have; it is the app's to choose, and may come again with another key.
  return (jwks?.keys ?? []).some((key) => (kind === 'jwk' ? keyThumbprint(key) : key['kid']) === name);
}
