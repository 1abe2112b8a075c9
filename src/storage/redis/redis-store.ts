import { setTimeout as delay } from 'node:timers/promises';

import { type PreparedChange, prepareChange } from '../prepared-change.ts';
import type { CommitResult, ForgottenEntry, Key, LogEntry, LogEvent, RecordStore, Shard, StoredRecord, TrailQuery } from '../record-store.ts';
import { allShards } from '../shards.ts';
import type { StoreOptions } from '../store-options.ts';
import { toStoredText } from '../stored-text.ts';
import { unavailable, UnusableStore } from '../unavailable.ts';
import type { RedisUrl } from './clients.ts';
import { commitArguments } from './commit-arguments.ts';
import { checkKey, logKey, recordKey, trailKey } from './keys.ts';
import { type Argument, type Lane, openLane } from './lane.ts';
import { type Link, openLink } from './link.ts';
import { decodeRecord } from './record-text.ts';
import { scanIndex } from './scan-index.ts';
import { COMMIT, TRAIL } from './scripts.ts';
import { startSweeping } from './sweep.ts';

type StreamEntry = [id: string, fields: ['event', string]];

const toEntry = ([id, [, event]]: StreamEntry): LogEntry => ({ position: Number.parseInt(id, 10), event: JSON.parse(event) as LogEvent });

/** The engine for several processes: one Redis server, one found through Sentinel, or a Redis Cluster. */
export async function openRedisStore(url: RedisUrl, options: StoreOptions): Promise<RecordStore> {
  const { clock, timeoutMs = 2000, replicas = 0, allowUnsafe = false, log } = options;
  const linkOptions = { timeoutMs, replicas, allowUnsafe, log };
  const link = openLink(url, linkOptions);
  const lane = openLane(link, { timeoutMs, confirms: false });
  try {
    await whenReachable(link, timeoutMs);
  } catch (error) {
    lane.close();
    link.close();
    throw error;
  }

  // A connection is blocked while it waits for replicas or the disk, so reads have one of their own.
  let confirming: { link: Link; lane: Lane } | undefined;
  const durableLane = (shard: Shard): Lane => {
    const verdict = link.route(shard)?.verdict;
    if (verdict?.safe === true && verdict.confirm === undefined) return lane;
    if (confirming === undefined) {
      const second = openLink(url, linkOptions);
      confirming = { link: second, lane: openLane(second, { timeoutMs, confirms: true }) };
    }
    return confirming.lane;
  };

  /** Keys that one command may name: of one shard, or of any where all are on one server. */
  async function readTogether(shard: Shard, keys: readonly Key[]): Promise<(StoredRecord | undefined)[]> {
    const command: Argument[] = ['mget'];
    for (const key of keys) command.push(recordKey(key));
    const texts = (await lane.call(shard, command)) as (string | null)[];
    const now = clock();
    return keys.map((key, place) => decodeRecord(key, texts[place]!, now));
  }

  async function read(...keys: readonly Key[]): Promise<(StoredRecord | undefined)[]> {
    const [first] = keys;
    if (first === undefined) return [];
    const together = url.mode !== 'cluster' || keys.every(({ shard }) => shard === first.shard);
    if (together) return readTogether(first.shard, keys);
    const shards = [...new Set(keys.map(({ shard }) => shard))];
    const found = new Map<Key, StoredRecord | undefined>();
    await Promise.all(
      shards.map(async (shard) => {
        const own = keys.filter((key) => key.shard === shard);
        const records = await readTogether(shard, own);
        own.forEach((key, place) => found.set(key, records[place]));
      }),
    );
    return keys.map((key) => found.get(key));
  }

  async function commit(prepared: PreparedChange, now: number): Promise<CommitResult> {
    const { shard, durable, expect = [] } = prepared.change;
    const { keys, args } = commitArguments(prepared, now);
    const reply = (await (durable ? durableLane(shard) : lane).run(shard, COMMIT, keys, args)) as [string, ...(string | number)[]];
    if (reply[0] === 'ok') return { ok: true, version: Number(reply[1]) };
    return { ok: false, failed: reply.slice(1).map((number) => expect[Number(number) - 1]!) };
  }

  async function follow(shard: Shard, after: number, limit: number): Promise<LogEntry[]> {
    const entries = await lane.call(shard, ['xrange', logKey(shard), `(${after}-0`, '+', 'COUNT', limit]);
    return (entries as StreamEntry[]).map(toEntry);
  }

  async function trail({ shard, of, before, limit }: TrailQuery): Promise<LogEntry[]> {
    const entries = await lane.run(shard, TRAIL, 2, [trailKey(shard, toStoredText(of)), logKey(shard), before ?? '+inf', limit]);
    return (entries as StreamEntry[]).map(toEntry);
  }

  async function forget(shard: Shard, entries: readonly ForgottenEntry[]): Promise<void> {
    const trails = new Map<string, number[]>();
    for (const { position, trails: names } of entries) {
      for (const name of names) trails.set(name, [...(trails.get(name) ?? []), position]);
    }
    await Promise.all([...trails].map(([name, positions]) => lane.call(shard, ['zrem', trailKey(shard, toStoredText(name)), ...positions])));
    if (entries.length > 0) await lane.call(shard, ['xdel', logKey(shard), ...entries.map(({ position }) => `${position}-0`)]);
  }

  /** One shard of every server. */
  function samples(): Shard[] {
    const sample = new Map<unknown, Shard>();
    for (const shard of allShards()) {
      const route = link.route(shard);
      if (route === undefined) throw unavailable(`no Redis server is connected for shard ${shard}`);
      if (!route.verdict.safe) throw unavailable(route.verdict.why);
      sample.set(route.server, shard);
    }
    return [...sample.values()];
  }

  async function check(): Promise<void> {
    await link.inspect();
    await Promise.all(
      samples().map(async (shard) => {
        const now = String(clock());
        await durableLane(shard).call(shard, ['set', checkKey(shard), now]);
        const found = await lane.call(shard, ['get', checkKey(shard)]);
        if (found === null) throw unavailable('a write could not be read back');
      }),
    );
  }

  const sweeping = startSweeping({ lane, clock, log });
  return {
    read: read as RecordStore['read'],
    commit: async (change) => {
      const now = clock();
      return commit(prepareChange(change, now), now);
    },
    scan: (query) => scanIndex({ lane, clock }, query),
    follow,
    trail,
    forget,
    check,
    close: async () => {
      sweeping.stop();
      lane.close();
      link.close();
      confirming?.lane.close();
      confirming?.link.close();
    },
  };
}

/** Waits until every shard has a server, and refuses one that is not safe. */
async function whenReachable(link: Link, timeoutMs: number): Promise<void> {
  const until = Date.now() + Math.max(timeoutMs, 3000);
  for (;;) {
    const routes = allShards().map((shard) => link.route(shard));
    for (const route of routes) if (route?.verdict.safe === false) throw new UnusableStore(`The store cannot be used: ${route.verdict.why}`);
    if (routes.every((route) => route !== undefined)) return;
    if (Date.now() >= until) throw unavailable(`Redis could not be reached: ${link.problem() ?? 'no answer'}`);
    await delay(10);
  }
}
