/** What a decision and a launch cost beside an introspection, and whether it stays as fast in a large tree. Assent against itself, on Redis. */
import type { TenantId } from '#src/ids.ts';
import { resourceKey } from '#src/resources/resource-records.ts';
import type { NodeRef } from '#src/resources/resource.ts';
import { openStore } from '#src/storage/open-store.ts';
import { put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { createManagement } from '#test/support/management.ts';
import { startRedis } from '#test/support/redis.ts';

import { DURABILITY, startAssentOn, type Started } from './contenders.ts';
import { formRequest, getRequest, jsonRequest, openConnection } from './load/connection.ts';
import { median } from './measure.ts';
import { prepareAssent } from './prepare.ts';
import { basicAuth, type Credentials, PATHS, REDIRECT_URI } from './target.ts';

export interface DecisionsPlan {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

export interface DecisionResult {
  readonly what: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the server process for one, without Redis. */
  readonly cpuMs: number;
  /** Against the first of its kind, in the same round: of CPU time beside an introspection, of the p99 in a tree. */
  readonly ratio: number;
}

const EVALUATION = '/access/v1/evaluation';
/** From the top; the lists get what is left of the size. */
const KINDS = ['tenancy', 'site_collection', 'web', 'web', 'web', 'web', 'web', 'list'] as const;
const AT = '2026-01-01T00:00:00.000Z';
const AT_A_TIME = 500;

interface Asking {
  readonly what: string;
  readonly group: 'token' | 'tree';
  readonly server: Started;
  /** One request, another one each time, and what the answer has to say. */
  request(): string;
  /** A second request that follows from the answer, and is measured with it. */
  next?(body: string): string;
  readonly expected: string;
}

const nodeId = (level: number, place: number): string => `${level}-${place}`;

/** How many nodes there are on each level, about ten times more from one to the next in a large tree. */
function widths(size: number): number[] {
  const upper = KINDS.slice(0, -1).map((_, level) => Math.max(1, Math.floor(size ** (level / KINDS.length))));
  return [...upper, size - upper.reduce((sum, width) => sum + width, 0)];
}

/** A tree of `size` nodes, eight deep, written through the store itself. */
async function grow(storeUrl: string, tenant: TenantId, levels: readonly number[]): Promise<void> {
  const store = await openStore(storeUrl, { clock: Date.now, timeoutMs: 30_000, allowUnsafe: true });
  const refOf = (level: number, place: number): NodeRef => ({ kind: KINDS[level]!, id: nodeId(level, place), incarnation: 'bench' });
  const parentPlace = (level: number, place: number) => place % levels[level - 1]!;
  try {
    for (const [level, width] of levels.entries()) {
      for (let first = 0; first < width; first += AT_A_TIME) {
        const write = Array.from({ length: Math.min(AT_A_TIME, width - first) }, (_, offset) => {
          const path: NodeRef[] = [];
          for (let [above, place] = [level, first + offset]; above > 0; above -= 1) {
            place = parentPlace(above, place);
            path.unshift(refOf(above - 1, place));
          }
          const node = { ...refOf(level, first + offset), tenant, title: nodeId(level, first + offset), parent: path.at(-1) ?? null, template: null, status: 'active', path, createdAt: AT, updatedAt: AT } as const;
          return put(resourceKey(tenant, node), node, { tenant });
        });
        await store.commit({ shard: shardOf(tenant), write });
      }
    }
  } finally {
    await store.close();
  }
}

async function askings(server: Started, storeUrl: string, size: number, withTokens: boolean): Promise<Asking[]> {
  const { origin, operator } = server.ready;
  const manage = await createManagement(origin, operator);
  const { resourceServer, tokens, app, cookie } = await prepareAssent(server.ready, withTokens ? 1 : 0);
  const as = { authorization: basicAuth(resourceServer) };
  const { items } = await manage.get('/tenants');
  const tenant = items[0].id as TenantId;
  const user = (await manage.get(`/tenants/${tenant}/members`)).items[0].user as string;
  const levels = widths(size);
  await grow(storeUrl, tenant, levels);
  for (const level of KINDS.keys()) {
    await manage.put(`/tenants/${tenant}/resources/${KINDS[level]}/${nodeId(level, 0)}/rights/${user}`, { right: 'read' });
  }
  const evaluation = (subject: object, action: string, resource: object, context = {}) => jsonRequest(EVALUATION, as, { subject, action: { name: action }, resource, context });
  const anyList = () => ({ type: 'list', id: nodeId(7, Math.floor(Math.random() * levels[7]!)) });
  const inTree: Asking = { what: `evaluation in a tree of ${size}`, group: 'tree', server, request: () => evaluation({ type: 'user', id: user }, 'read', anyList(), { tenant }), expected: '"decision":true' };
  const [pair] = tokens;
  if (!pair) return [inTree];
  const token = pair.access_token;
  return [
    { what: 'introspection', group: 'token', server, request: () => formRequest(PATHS.introspect, as, { token }), expected: '"active":true' },
    { what: 'evaluation of a token', group: 'token', server, request: () => evaluation({ type: 'access_token', id: token }, 'meetings:read', { type: 'user_data', id: user }), expected: '"decision":true' },
    { what: 'a context token, minted and exchanged', group: 'token', server, ...launching({ app, cookie, tenant }), expected: '"access_token":' },
    inTree,
  ];
}

/** As a browser that opens the app, and then the app that it posts to. */
function launching({ app, cookie, tenant }: { app: Credentials; cookie: string; tenant: string }): Pick<Asking, 'request' | 'next'> {
  const page = `/launch/${app.id}?${new URLSearchParams({ tenant, redirect_uri: REDIRECT_URI }).toString()}`;
  const as = { authorization: basicAuth(app) };
  return {
    request: () => getRequest(page, { cookie, accept: 'text/html' }),
    next: (html) =>
      formRequest(PATHS.token, as, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        subject_token: /name="context_token" value="([^"]+)"/.exec(html)?.[1] ?? '',
      }),
  };
}

/** One request after the other: what one caller waits for. */
async function sample({ server, request, next, expected }: Asking, seconds: number): Promise<{ p50Ms: number; p99Ms: number; cpuMs: number }> {
  const connection = await openConnection(server.ready.origin);
  const times: number[] = [];
  const before = await server.ask('usage');
  for (let last = performance.now(), end = last + seconds * 1000; last < end; ) {
    const first = await connection.send(request());
    const { status, body } = next && first.status === 200 ? await connection.send(next(first.body)) : first;
    if (status !== 200 || !body.includes(expected)) throw new Error(`${status}: ${body}`);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  const { cpuMs } = await server.ask('usage');
  connection.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), cpuMs: (cpuMs - before.cpuMs) / times.length };
}

export async function measureDecisions({ sizes, rounds, seconds }: DecisionsPlan, tell: (line: string) => void): Promise<DecisionResult[]> {
  const ends: (() => Promise<void>)[] = [];
  const asked: Asking[] = [];
  try {
    for (const [place, size] of sizes.entries()) {
      const redis = await startRedis({ settings: DURABILITY });
      ends.push(() => redis.stop());
      const server = await startAssentOn(redis.url);
      ends.push(() => server.stop());
      asked.push(...(await askings(server, redis.url, size, place === 0)));
      tell(`decisions: a tree of ${size} nodes is there`);
    }
    for (const each of asked) await sample(each, seconds);
    const samples: Awaited<ReturnType<typeof sample>>[][] = asked.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const place of asked.keys()) {
        const which = (place + round) % asked.length;
        samples[which]!.push(await sample(asked[which]!, seconds));
      }
    }
    return asked.map(({ what, group }, place) => {
      const [own, first] = [samples[place]!, samples[asked.findIndex((each) => each.group === group)]!];
      const ratio = group === 'token' ? own.map(({ cpuMs }, round) => cpuMs / first[round]!.cpuMs) : own.map(({ p99Ms }, round) => p99Ms / first[round]!.p99Ms);
      const middle = (of: 'p50Ms' | 'p99Ms' | 'cpuMs') => median(own.map((each) => each[of]));
      return { what, p50Ms: middle('p50Ms'), p99Ms: middle('p99Ms'), cpuMs: middle('cpuMs'), ratio: median(ratio) };
    });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}
