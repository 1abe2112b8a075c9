import { generateKeyPairSync } from 'node:crypto';

import { expect, test } from '@jest/globals';
import Provider from 'oidc-provider';

import { saveRecordsPlainly } from '#src/oauth/provider-models.ts';

interface Model {
  readonly IN_PAYLOAD: readonly string[];
  new (payload: object): { exp?: number; format?: string; getValueAndPayload(): Promise<{ value: string; payload: object }> };
}

const makeProvider = (): Provider =>
  new Provider('http://127.0.0.1:1', {
    jwks: { keys: [{ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256' } as never] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    adapter: () => ({}) as never,
    features: { devInteractions: { enabled: false }, pushedAuthorizationRequests: { enabled: true } },
    ttl: { AccessToken: 60, RefreshToken: 60 },
    extraTokenClaims: () => ({ tenant: 'ten_a' }),
  });

const bare = makeProvider();
const plain = makeProvider();
saveRecordsPlainly(plain, () => ({ tenant: 'ten_a' }));

test.each(['Session', 'Interaction', 'PushedAuthorizationRequest', 'AuthorizationCode', 'RefreshToken', 'AccessToken'])('what is saved of a %s is what the library would save', async (name) => {
  const saved = (provider: Provider, { without }: { without: readonly string[] }) => {
    const kind = (provider as unknown as Record<string, Model>)[name]!;
    const own = { kind: name, jti: 'text', iat: 1, exp: 2_000_000_000 };
    const values = kind.IN_PAYLOAD.filter((each) => !(each in own) && !without.includes(each)).map((each) => [each, { of: each }]);
    const record = new kind({ ...Object.fromEntries(values), ...own, unknown: true });
    return Object.assign(record, { format: 'opaque' }).getValueAndPayload();
  };
  const all = await saved(plain, { without: [] });
  expect(Object.keys(all.payload).length).toBeGreaterThan(8);
  expect(all).toEqual(await saved(bare, { without: [] }));
  const few = { without: ['scope', 'accountId', 'authorizations', 'params', 'request'] };
  expect(await saved(plain, few)).toEqual(await saved(bare, few));
});
