/** oidc-provider alone, configured for the same work as Assent: static clients and accounts, everything else in Redis. */
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type ClientMetadata } from 'oidc-provider';

import { announce, usage } from '../child.ts';
import { LIFETIMES, MACHINE_SCOPE, PATHS, REDIRECT_URI, SCOPE } from '../target.ts';
import { redisAdapter } from './redis-adapter.ts';

const [, , redisUrl = '', port = ''] = process.argv;
const origin = `http://127.0.0.1:${port}`;
const secret = 's'.repeat(43);

const app: ClientMetadata = {
  client_id: 'scheduler',
  client_secret: secret,
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};
const withoutRedirects = { client_secret: secret, redirect_uris: [], response_types: [] };
const resourceServer: ClientMetadata = { ...withoutRedirects, client_id: 'meetings', grant_types: [] };
const machine: ClientMetadata = { ...withoutRedirects, client_id: 'machine', grant_types: ['client_credentials'], scope: MACHINE_SCOPE };

const { privateKey } = await generateKeyPair('RS256', { extractable: true });

const provider = new Provider(origin, {
  adapter: redisAdapter(redisUrl),
  clients: [app, resourceServer, machine],
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' } as never] },
  routes: { authorization: PATHS.authorize, token: PATHS.token, introspection: PATHS.introspect },
  scopes: [...SCOPE.split(' '), ...MACHINE_SCOPE.split(' ')],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  cookies: { keys: ['the key that signs cookies'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Ben Okafor', email: 'ben@northwind.example' }) }),
  // The library grants `offline_access` only after `prompt=consent`; a round with remembered consent has none.
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  expiresWithSession: () => false,
  ttl: {
    AuthorizationCode: LIFETIMES.code,
    AccessToken: LIFETIMES.accessToken,
    ClientCredentials: LIFETIMES.accessToken,
    IdToken: LIFETIMES.accessToken,
    RefreshToken: LIFETIMES.refreshToken,
    Session: LIFETIMES.session,
    Grant: LIFETIMES.refreshToken,
  },
  // Its own sign-in and consent pages are good enough to come to a remembered consent.
  features: { devInteractions: { enabled: true }, clientCredentials: { enabled: true }, introspection: { enabled: true } },
});

createServer(provider.callback()).listen(Number(port), '127.0.0.1', () =>
  announce(
    {
      origin,
      app: { id: app.client_id, secret },
      resourceServer: { id: resourceServer.client_id, secret },
      machine: { id: machine.client_id, secret },
    },
    usage,
  ),
);
