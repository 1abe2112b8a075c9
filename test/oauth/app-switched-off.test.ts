import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@jest/globals';
import Koa from 'koa';

import { createLiveApps } from '#src/apps/live-app-cache.ts';
import { registerResourceServer } from '#src/apps/resource-server-store.ts';
import { grantChange } from '#src/consent/grant-store.ts';
import type { AppId } from '#src/ids.ts';
import { protocolEndpoints } from '#src/oauth/protocol-endpoints.ts';
import { createProvider } from '#src/oauth/provider.ts';
import { signingKeys } from '#src/oauth/signing-keys.ts';
import { accessTokenKey } from '#src/oauth/tokens/token-records.ts';
import { mintToken } from '#src/oauth/tokens/token-text.ts';
import { openStore } from '#src/storage/open-store.ts';
import { recentReads } from '#src/storage/recent-reads.ts';
import { put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { makeApp } from '#test/installations/world.ts';
import { testCatalogue as catalogue } from '#test/support/catalogue.ts';
import { testResourceKinds } from '#test/support/resource-kinds.ts';
import { dan, makeNorthwind, northwind, system } from '#test/support/domain.ts';

const clock = Date.now;
const day = 86_400;

test('I9 an app that is switched off in the middle of an introspection: active or not, but never an error of ours', async () => {
  const store = await openStore('sqlite::memory:', { clock, allowUnsafe: true });
  await makeNorthwind({ deps: { store, clock, catalogue }, pass() {} });
  const app = await makeApp({ deps: { store, clock, catalogue } });
  const { resourceServer, secret } = await registerResourceServer({ store, clock }, { name: 'Meetings', audience: catalogue.permissions[0]!.resource }, system);
  const { membership } = (await findMember({ store, clock }, northwind, dan))!;
  const { grant, ...change } = grantChange(
    { tenant: northwind, permissions: ['openid', 'meetings:read'], sharedAccess: false, basis: { membership, grantSlot: null } },
    { before: undefined, user: dan, app, asked: [], generation: 0, now: clock() },
  );
  const token = mintToken('userAccessToken', shardOf(northwind));
  const now = Math.floor(clock() / 1000);
  const payload = { kind: 'AccessToken', accountId: dan, clientId: app, grantId: grant.id, scope: 'openid meetings:read', iat: now, exp: now + 3600, extra: {} };
  const binding = { identity: 'user', tenant: northwind, user: dan, membership, app, grant: grant.id, family: null, shuts: 0 } as const;
  await store.commit({ shard: shardOf(northwind), ...change, write: [...change.write, put(accessTokenKey(token)!, { binding, payload }, { tenant: northwind })] });

  /** The app is switched off after so many looks at it. */
  let looks = Infinity;
  const live = createLiveApps({ store, clock });
  const apps = {
    async find(id: AppId) {
      const found = await live.find(id);
      looks -= 1;
      return found && looks < 0 ? { ...found, app: { ...found.app, status: 'disabled' as const } } : found;
    },
  };
  const provider = createProvider({
    ...recentReads(store),
    clock,
    catalogue,
    resourceKinds: testResourceKinds,
    issuer: 'http://127.0.0.1:3999',
    apps,
    lifetimes: { code: 60, accessToken: 3600, jwtAccessToken: 300, refreshToken: day, refreshFamily: day, session: day, interaction: 3600 },
    rotation: { graceMs: 10_000, graceUses: 3 },
    noteUse() {},
    keys: await signingKeys({ store, clock }, new Uint8Array(32)),
    cookieKeys: ['a key for cookies'],
    secureCookies: false,
    renderError: () => {},
  });
  const web = new Koa();
  web.use(async (ctx, next) => {
    ctx.state = { log: { error() {} }, requestId: '' };
    await next();
  });
  web.use(protocolEndpoints(provider) as never);
  const server = createServer(web.callback());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const authorization = `Basic ${Buffer.from(`${resourceServer.id}:${secret}`).toString('base64')}`;
  const introspected = async (after: number) => {
    looks = after;
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ token }),
    });
    return { status: response.status, active: ((await response.json()) as { active?: boolean }).active };
  };
  try {
    expect(await introspected(Infinity)).toEqual({ status: 200, active: true });
    expect(await introspected(0)).toEqual({ status: 200, active: false });
    for (let after = 1; after < 5; after += 1) expect((await introspected(after)).status).toBe(200);
  } finally {
    server.close();
    await store.close();
  }
});
