import { setTimeout as delay } from 'node:timers/promises';

import { type PreparedChange, prepareChange } from '../prepared-change.ts';
import type { CommitResult, IndexQuery, Key, LogEntry, LogEvent, Page, RecordStore, Shard, StoredRecord } from '../record-store.ts';
import { allShards } from '../shards.ts';
import type { StoreOptions } from '../store-options.ts';
import { unavailable, UnusableStore } from '../unavailable.ts';
import { encodePosition } from '../scan-position.ts';
import type { RedisUrl } from './clients.ts';
import { checkKey, counterKey, expiryKey, indexKey, logKey, memberPosition, memberRange, recordKey } from './keys.ts';
import { type Argument, type Lane, openLane } from './lane.ts';
import { type Link, openLink } from './link.ts';
import { decodeRecord, encodeEntries, encodeHead, isListed } from './record-text.ts';
import { COMMIT } from './scripts.ts';
import { GARBAGE_SLACK_MS } from '../garbage.ts';
import { startSweeping } from './sweep.ts';

const SCAN_ROUNDS = 20;

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

  async function readShard(shard: Shard, keys: readonly Key[]): Promise<(StoredRecord | undefined)[]> {
    const command: Argument[] = ['mget'];
    for (const key of keys) command.push(recordKey(key));
    const texts = (await lane.call(shard, command)) as (string | null)[];
    const now = clock();
    return keys.map((key, place) => decodeRecord(key, texts[place]!, now));
  }

  async function read(...keys: readonly Key[]): Promise<(StoredRecord | undefined)[]> {
    const [first] = keys;
    if (first === undefined) return [];
    if (keys.length === 1 || keys.every(({ shard }) => shard === first.shard)) return readShard(first.shard, keys);
    const shards = [...new Set(keys.map(({ shard }) => shard))];
    const found = new Map<Key, StoredRecord | undefined>();
    await Promise.all(
      shards.map(async (shard) => {
        const own = keys.filter((key) => key.shard === shard);
        const records = await readShard(shard, own);
        own.forEach((key, place) => found.set(key, records[place]));
      }),
    );
    return keys.map((key) => found.get(key));
  }

  async function commit(prepared: PreparedChange, now: number): Promise<CommitResult> {
    const { shard, durable, expect = [] } = prepared.change;
    const keys = 4 + expect.length + prepared.writes.length;
    const reply = (await (durable ? durableLane(shard) : lane).run(shard, COMMIT, keys, commitArguments(prepared, now))) as [string, ...(string | number)[]];
    if (reply[0] === 'ok') return { ok: true, version: Number(reply[1]) };
    return { ok: false, failed: reply.slice(1).map((number) => expect[Number(number) - 1]!) };
  }

  async function scan<T>(query: IndexQuery<T>): Promise<Page<T>> {
    let { least, greatest } = memberRange(query);
    const { partition } = memberRange(query);
    const descending = query.direction === 'descending';
    const records: StoredRecord<T>[] = [];
    let last: string | undefined;
    for (let round = 0; round < SCAN_ROUNDS; round += 1) {
      const asked = query.limit + 1 - records.length;
      const bounds = descending ? [greatest, least, 'BYLEX', 'REV'] : [least, greatest, 'BYLEX'];
      const members = (await lane.call(query.shard, ['zrange', indexKey(query.shard), ...bounds, 'LIMIT', 0, asked])) as string[];
      if (members.length > 0) {
        const keys = members.map((member) => ({ shard: query.shard, kind: query.kind, id: memberPosition(member, partition).id }));
        const texts = (await lane.call(query.shard, ['mget', ...keys.map(recordKey)])) as (string | null)[];
        const now = clock();
        for (const [place, member] of members.entries()) {
          // Between the two reads a record may have gone, or moved to another place in the index.
          const record = isListed(texts[place]!, member) ? decodeRecord(keys[place]!, texts[place]!, now) : undefined;
          if (record !== undefined) {
            if (records.length === query.limit) return { records, next: encodePosition(memberPosition(last!, partition)) };
            records.push(record);
          }
          last = member;
        }
      }
      if (members.length < asked) return { records, next: undefined };
      if (descending) greatest = `(${last}`;
      else least = `(${last}`;
    }
    return { records, next: encodePosition(memberPosition(last!, partition)) };
  }

  async function follow(shard: Shard, after: number, limit: number): Promise<LogEntry[]> {
    const entries = (await lane.call(shard, ['xrange', logKey(shard), `(${after}-0`, '+', 'COUNT', limit])) as [string, [string, string]][];
    return entries.map(([id, [, event]]) => ({ position: Number.parseInt(id, 10), event: JSON.parse(event) as LogEvent }));
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
    scan,
    follow,
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

/** The arguments of scripts/commit.lua: keys, then values. */
function commitArguments({ change: { shard, expect = [] }, writes, events }: PreparedChange, now: number): Argument[] {
  const args: Argument[] = [counterKey(shard), logKey(shard), indexKey(shard), expiryKey(shard)];
  for (const { key } of expect) args.push(recordKey(key));
  for (const { key } of writes) args.push(recordKey(key));
  args.push(now, expect.length, writes.length, events.length);
  for (const expectation of expect) args.push(expectation.is === 'at' ? expectation.version : expectation.is);
  for (const write of writes) {
    if (write.do !== 'put') {
      args.push(write.do);
    } else if (write.entries.length === 0) {
      args.push('put', write.expiresAt === null ? '' : write.expiresAt - now + GARBAGE_SLACK_MS, encodeHead(write), write.json);
    } else {
      // These stay until they are swept with their index entries; the engine drops the others by itself.
      args.push('list', write.entries.length, write.expiresAt ?? '-', encodeHead(write), encodeEntries(write), write.json);
    }
  }
  for (const event of events) args.push(event);
  return args;
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
