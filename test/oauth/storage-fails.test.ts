import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Koa from 'koa';

import { createLiveApps } from '#src/apps/live-app-cache.ts';
import { registerResourceServer } from '#src/apps/resource-server-store.ts';
import type { AppId } from '#src/ids.ts';
import { protocolEndpoints } from '#src/oauth/protocol-endpoints.ts';
import { createProvider } from '#src/oauth/provider.ts';
import { SESSION_COOKIE } from '#src/sign-in/session-cookie.ts';
import { signingKeys } from '#src/oauth/signing-keys.ts';
import { createSession } from '#src/sign-in/session-store.ts';
import { openStore } from '#src/storage/open-store.ts';
import { recentReads } from '#src/storage/recent-reads.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { findUser } from '#src/tenants/user-store.ts';
import { makeApp } from '#test/installations/world.ts';
import { testCatalogue as catalogue } from '#test/support/catalogue.ts';
import { testResourceKinds } from '#test/support/resource-kinds.ts';
import { dan, makeNorthwind, northwind, system } from '#test/support/domain.ts';
import { failingStore, type FailingStore } from '#test/support/failing-store.ts';

const clock = Date.now;
const issuer = 'http://127.0.0.1:3999';
const SECRET = new Uint8Array(32);
const AUDIENCE = catalogue.permissions[0]!.resource;
const day = 86_400;

let store: RecordStore;
let app: AppId;
let cookie: string;

beforeAll(async () => {
  store = await openStore('sqlite::memory:', { clock, allowUnsafe: true });
  const deps = { store, clock, catalogue };
  await makeNorthwind({ deps, pass() {} });
  app = await makeApp({ deps });
  await registerResourceServer(deps, { name: 'Meetings', audience: AUDIENCE }, system);
  const user = (await findUser(deps, dan))!;
  ({ cookie } = await createSession(deps, { user, userAgent: '', address: '', expiresAt: clock() + day * 1000 }));
});
afterAll(() => store.close());

/** The protocol's endpoints alone, over a store whose k-th call fails; nothing is in any cache yet. */
async function endpointsOver(failing: FailingStore): Promise<{ server: Server; url: string }> {
  const { store: noticing, readRecent, readBeside } = recentReads(failing.store);
  const deps = { store: noticing, clock, catalogue, resourceKinds: testResourceKinds, issuer, readRecent, readBeside, apps: createLiveApps({ store: noticing, clock }) };
  const provider = createProvider({
    ...deps,
    lifetimes: { code: 60, accessToken: 3600, jwtAccessToken: 300, refreshToken: day, refreshFamily: day, session: day, interaction: 3600 },
    rotation: { graceMs: 10_000, graceUses: 3 },
    noteUse() {},
    keys: await signingKeys({ store, clock }, SECRET),
    cookieKeys: ['a key for cookies'],
    secureCookies: false,
    renderError: (ctx, out) => void (ctx.body = out),
  });
  const web = new Koa({ keys: ['a key for cookies'] });
  web.use(async (ctx, next) => {
    ctx.state = { log: { error() {} }, requestId: '' };
    await next();
  });
  web.use(protocolEndpoints(provider) as never);
  const server = createServer(web.callback());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const request = () =>
  `/oauth/authorize?${new URLSearchParams({
    client_id: app,
    redirect_uri: 'https://app.example/callback',
    response_type: 'code',
    scope: 'openid meetings:read',
    resource: AUDIENCE,
    tenant: northwind,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString()}`;

async function answerWhenFailing(at: number): Promise<{ answer: string; calls: number }> {
  const failing = failingStore(store, { at, when: 'before' });
  const { server, url } = await endpointsOver(failing);
  try {
    const response = await fetch(url + request(), { redirect: 'manual', headers: { cookie: `${SESSION_COOKIE}=${cookie}` } });
    const to = URL.parse(response.headers.get('location') ?? '', issuer);
    const said = response.status < 400 ? (to?.searchParams.get('error') ?? to?.pathname) : ((await response.json()) as { error: string }).error;
    return { answer: response.status < 400 ? String(said) : `${response.status} ${said}`, calls: failing.calls() };
  } finally {
    server.close();
  }
}

test('I8 I9 whichever read of an authorization request storage does not answer, it is told as that: never as an error of ours, never as a no', async () => {
  const { answer, calls } = await answerWhenFailing(Infinity);
  expect(answer).toMatch(/^\/consent\//);
  const answers = new Set<string>();
  for (let at = 1; at <= calls; at += 1) answers.add((await answerWhenFailing(at)).answer);
  expect([...answers].filter((each) => !each.includes('temporarily_unavailable'))).toEqual([]);
});
