import Provider, { type KoaContextWithOIDC } from 'oidc-provider';

/** The request that oidc-provider is working on. Adapters are called without it, so it comes from async storage. */
export function currentRequest(): KoaContextWithOIDC {
  const ctx = Provider.ctx;
  if (!ctx) throw new Error('there is no current OAuth request');
  return ctx;
}
