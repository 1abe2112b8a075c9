/** Whether lists stay as fast when there is much in them: pages of the tenants that have one app, over the management API. */
import type { AppId } from '#src/ids.ts';
import { startRedis } from '#test/support/redis.ts';

import { DURABILITY, startAssentOn, type Started } from './contenders.ts';
import { fill, tenantId, tenantName } from './fill.ts';
import { getRequest, openConnection } from './load/connection.ts';
import { median } from './measure.ts';
import { basicAuth, PATHS } from './target.ts';

export interface ListsPlan {
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

export interface ListResult {
  readonly page: PageName;
  readonly tenants: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The p99 against that of the smallest, in the same round. */
  readonly ratio: number;
}

const PAGES = ['first page', 'page in the middle', 'search by name', 'installations of one tenant'] as const;
type PageName = (typeof PAGES)[number];

interface Filled {
  readonly tenants: number;
  readonly origin: string;
  /** The request of a page, another one each time. */
  request(page: PageName): string;
  stop(): Promise<void>;
}

const LIMIT = 50;
const MOST_CURSORS = 40;

async function startFilled(tenants: number): Promise<Filled> {
  const redis = await startRedis({ settings: DURABILITY });
  let started: Started | undefined;
  const stop = async () => {
    await started?.stop();
    await redis.stop();
  };
  try {
    started = await startAssentOn(redis.url);
    const { origin, operator } = started.ready;
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'manage read' });
    const granted = await fetch(origin + PATHS.token, { method: 'POST', headers: { authorization: basicAuth(operator) }, body });
    const authorization = `Bearer ${((await granted.json()) as { access_token: string }).access_token}`;
    const developer = { name: 'Example Software', verified: true };
    const registered = await fetch(`${origin}/api/v1/apps`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Scheduler Pro', developer, authMethod: 'client_secret_basic' }),
    });
    const { id: app } = (await registered.json()) as { id: AppId };
    await fill(redis.url, app, tenants);

    const list = `/api/v1/apps/${app}/installations?limit=${LIMIT}`;
    const connection = await openConnection(origin);
    const ask = (path: string) => getRequest(path, { authorization });
    const cursors: string[] = [];
    for (let after = ''; cursors.length < MOST_CURSORS; ) {
      const { next } = JSON.parse((await connection.send(ask(list + after))).body) as { next: string | null };
      if (next === null) break;
      after = `&after=${encodeURIComponent(next)}`;
      cursors.push(after);
    }
    const any = (count: number) => Math.floor(Math.random() * count);
    const requests: Record<PageName, () => string> = {
      'first page': () => list,
      'page in the middle': () => list + (cursors[any(cursors.length)] ?? ''),
      'search by name': () => `${list}&search=${encodeURIComponent(tenantName(any(tenants)))}`,
      'installations of one tenant': () => `/api/v1/tenants/${tenantId(any(tenants))}/installations?limit=${LIMIT}`,
    };
    connection.close();
    return { tenants, origin, request: (page) => ask(requests[page]()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One request after the other: what one caller waits for. The server closes idle connections, so each begins with its own. */
async function sample({ origin, request }: Filled, page: PageName, seconds: number): Promise<{ p50Ms: number; p99Ms: number }> {
  const connection = await openConnection(origin);
  const times: number[] = [];
  for (let before = performance.now(), end = before + seconds * 1000; before < end; ) {
    const { status, body } = await connection.send(request(page));
    if (status !== 200) throw new Error(`${page}: ${body}`);
    const now = performance.now();
    times.push(now - before);
    before = now;
  }
  connection.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

export async function measureLists({ sizes, rounds, seconds }: ListsPlan, tell: (line: string) => void): Promise<ListResult[]> {
  const filled: Filled[] = [];
  try {
    for (const tenants of sizes) {
      filled.push(await startFilled(tenants));
      tell(`lists: ${tenants} tenants with the app are there`);
    }
    const results: ListResult[] = [];
    for (const page of PAGES) {
      for (const each of filled) await sample(each, page, seconds);
      const samples = await inTurn(filled, rounds, (each) => sample(each, page, seconds));
      for (const [place, own] of samples.entries()) {
        results.push({
          page,
          tenants: filled[place]!.tenants,
          p50Ms: median(own.map(({ p50Ms }) => p50Ms)),
          p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
          ratio: median(own.map(({ p99Ms }, round) => p99Ms / samples[0]![round]!.p99Ms)),
        });
      }
      tell(`lists, ${page}: ${results.slice(-filled.length).map(({ tenants, p99Ms, ratio }) => `${tenants}: p99 ${p99Ms.toFixed(1)} ms, ${ratio.toFixed(2)}`).join('; ')}`);
    }
    return results;
  } finally {
    await Promise.all(filled.map((each) => each.stop()));
  }
}

async function inTurn<T, R>(all: readonly T[], rounds: number, run: (each: T) => Promise<R>): Promise<R[][]> {
  const results: R[][] = all.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const place of all.keys()) {
      const which = (place + round) % all.length;
      results[which]!.push(await run(all[which]!));
    }
  }
  return results;
}
