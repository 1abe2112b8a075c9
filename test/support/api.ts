import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from '@jest/globals';

import { reachOf } from '#src/administration/reach.ts';
import { apiRouter, apiRoutes } from '#src/api.ts';
import type { ApiDeps } from '#src/api.ts';
import { withResourcePermissions } from '#src/apps/resource-permissions.ts';
import { createLiveApps } from '#src/apps/live-app-cache.ts';
import { usageOf } from '#src/consent/app-usage.ts';
import { ERRORS, type ErrorCode } from '#src/errors.ts';
import type { AppId } from '#src/ids.ts';
import { errorsOf } from '#src/http/api/openapi.ts';
import { API_BASE } from '#src/http/api/router.ts';
import type { ApiRoute } from '#src/http/api/route.ts';
import { authenticateApp, authenticateOperator } from '#src/oauth/authenticate-client.ts';
import { presentedTokens } from '#src/oauth/presented-token.ts';
import { describeSigningKeys, removeSigningKey, rotateSigningKeys } from '#src/oauth/signing-keys.ts';
import { appTokenKey, managementTokenKey, type ClientToken } from '#src/oauth/tokens/token-records.ts';
import { mintToken } from '#src/oauth/tokens/token-text.ts';
import { createOperator } from '#src/operators/operator-store.ts';
import type { OperatorScope } from '#src/operators/operator.ts';
import { put, type Key, type RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { openStore } from '#src/storage/open-store.ts';

import { testCatalogue } from './catalogue.ts';
import { testContextKinds } from './context-kinds.ts';
import { testResourceKinds } from './resource-kinds.ts';
import { startWeb } from './web.ts';

const KEY_SECRET = randomBytes(32);

export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
  readonly etag: string;
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The management API on a store of its own, as operators with `manage` and with `read` see it. */
export interface ApiWorld {
  readonly origin: string;
  readonly store: RecordStore;
  readonly deps: ApiDeps;
  readonly logged: readonly Record<string, any>[];
  readonly tokens: Readonly<Record<Who, string>>;
  /** As the operator who may manage. Every answer is held against what the document says of its route. */
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** As another operator, or with an `Authorization` header of the test's own. */
  askAs(who: Who | { authorization: string | undefined }, method: string, path: string, asked?: Asked): Promise<Answer>;
  /** The `Authorization` header of an app as itself. */
  asApp(app: string): Promise<{ authorization: string }>;
  close(): Promise<void>;
}

/** Who asks: two operators who may manage, one who may only read. */
export type Who = 'manage' | 'other' | 'read';

export interface ApiOptions {
  /** As `ASSENT_STORE`; without it, SQLite in a folder of its own. */
  readonly store?: string;
  readonly wrapStore?: (store: RecordStore) => RecordStore;
}

export async function startApi({ store: url, wrapStore = (store) => store }: ApiOptions = {}): Promise<ApiWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'assent-api-'));
  const engine = await openStore(url ?? `sqlite:${join(folder, 'api.db')}`, { clock: Date.now, allowUnsafe: true });
  const store = wrapStore(engine);
  const apps = createLiveApps({ store, clock: Date.now });
  const presentedToken = presentedTokens({ store, clock: Date.now, issuer: 'https://assent.example' }, async () => {
    throw new Error('nobody has a token here that is bound to a key');
  });
  const deps: ApiDeps = {
    store,
    clock: Date.now,
    catalogue: withResourcePermissions(testCatalogue, testResourceKinds),
    contextKinds: testContextKinds,
    issuer: 'https://assent.example',
    signContext: () => 'signed',
    readContext: () => undefined,
    findToken: async () => undefined,
    contextIdKey: Buffer.alloc(32, 4),
    contextTokenSeconds: 300,
    resourceKinds: testResourceKinds,
    usageOf: usageOf({ store, clock: Date.now }),
    reachOf: (app) => reachOf({ store, clock: Date.now }, app),
    revocations: { nudge() {} },
    apiKey: Buffer.alloc(32, 3),
    authenticate: (ctx) => authenticateOperator({ store, clock: Date.now, apps, presentedToken }, ctx),
    authenticateApp: (ctx) => authenticateApp({ store, clock: Date.now, apps, presentedToken }, ctx),
    // The real parameters would only make the tests slow; hashing has tests of its own.
    signingKeys: {
      list: () => describeSigningKeys({ store, clock: Date.now }, KEY_SECRET),
      rotate: (actor) => rotateSigningKeys({ store, clock: Date.now }, KEY_SECRET, actor),
      remove: (kid, actor) => removeSigningKey({ store, clock: Date.now }, KEY_SECRET, kid, actor),
    },
    hashPassword: async (password) => `hash of ${password.length} characters`,
  };
  const web = await startWeb({ mounts: [{ at: ['/api'], manner: 'api', use: apiRouter(deps) }] });

  const tokens: Record<Who, string> = {
    manage: await token(deps, ['manage', 'read']),
    other: await token(deps, ['manage', 'read']),
    read: await token(deps, ['read']),
  };

  const askAs: ApiWorld['askAs'] = async (who, method, path, { body, headers = {} } = {}) => {
    const authorization = typeof who === 'string' ? `Bearer ${tokens[who]}` : who.authorization;
    const response = await fetch(web.origin + (path.startsWith('/api') ? path : API_BASE + path), {
      method: method.toUpperCase(), // fetch sends `patch` as it is written
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      text,
      body: bodyOf(text, response.headers.get('content-type')),
      headers: response.headers,
      etag: response.headers.get('etag') ?? '',
    };
    expectDocumented(method, path, answer);
    return answer;
  };
  return {
    origin: web.origin,
    store,
    deps,
    logged: web.logged,
    tokens,
    askAs,
    ask: (method, path, asked) => askAs('manage', method, path, asked),
    asApp: async (app) => ({ authorization: `Bearer ${await keptToken(deps, 'appToken', appTokenKey, app, '')}` }),
    async close() {
      await web.close();
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function bodyOf(text: string, type: string | null): any {
  if (type?.startsWith('application/x-ndjson')) return text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as unknown);
  return text === '' ? undefined : JSON.parse(text);
}

/** A token for a new operator. */
async function token(deps: ApiDeps, scopes: OperatorScope[]): Promise<string> {
  const { operator } = await createOperator(deps, { name: 'Test', scopes }, { kind: 'system' });
  return keptToken(deps, 'managementToken', managementTokenKey, operator.id, scopes.join(' '));
}

/** As the token endpoint would have kept it. */
async function keptToken(
  { store }: ApiDeps,
  kind: 'managementToken' | 'appToken',
  keyOf: (text: string) => Key<ClientToken> | undefined,
  client: string,
  scope: string,
): Promise<string> {
  const text = mintToken(kind, shardOf(client));
  const key = keyOf(text);
  if (!key) throw new Error(`not the text of a ${kind}`);
  await store.commit({ shard: key.shard, write: [put(key, { client: client as AppId, payload: { scope } }, { tenant: null })] });
  return text;
}

/** The route that a request is for, if any. */
export const routeFor = (method: string, path: string): ApiRoute<ApiDeps> | undefined =>
  apiRoutes.find(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
  );

function expectDocumented(method: string, path: string, { status, body, headers }: Answer): void {
  const route = routeFor(method, path);
  if (!route) return;
  const where = `${method} ${path} answered ${status} ${JSON.stringify(body)}`;
  if (status < 300) {
    expect({ where, status }).toEqual({ where, status: route.answer.status });
    return;
  }
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect({ where, documented: errorsOf(route).includes(body.code) }).toEqual({ where, documented: true });
  expect(body).toMatchObject({ status, title: ERRORS[body.code as ErrorCode].sentence, type: `urn:assent:error:${body.code}` });
}
