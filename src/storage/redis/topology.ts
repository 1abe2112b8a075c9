import { Command, type Redis } from 'ioredis';

import type { Shard } from '../record-store.ts';
import { allShards } from '../shards.ts';
import { newCluster, newRedis, type RedisUrl } from './clients.ts';
import { counterKey } from './keys.ts';

/** Which server holds which shard, and the connections to them: the same for one server and for a cluster. */
export interface Topology {
  /** The server of the shard, when it is known; it need not be connected. */
  server(shard: Shard): Redis | undefined;
  /** Asks again who holds what. */
  refresh(): void;
  disconnect(): void;
}

export interface TopologyEvents {
  /** A connection that will be used; called once for each. */
  connection(server: Redis): void;
  /** It may be known now where a shard is that was not known before. */
  changed(): void;
}

const REFRESH_AT_MOST_EVERY_MS = 100;

export function openTopology(url: RedisUrl, timeoutMs: number, events: TopologyEvents): Topology {
  return url.mode === 'cluster' ? clusterTopology(url, timeoutMs, events) : singleTopology(newRedis(url, timeoutMs), events);
}

function singleTopology(redis: Redis, { connection }: TopologyEvents): Topology {
  connection(redis);
  return { server: () => redis, refresh: () => {}, disconnect: () => redis.disconnect() };
}

function clusterTopology(url: Extract<RedisUrl, { mode: 'cluster' }>, timeoutMs: number, { connection, changed }: TopologyEvents): Topology {
  const cluster = newCluster(url, timeoutMs);
  const slots = allShards().map((shard) => new Command('get', [counterKey(shard)]).getSlot() as number);
  const known = new Map<string, Redis>();
  let refreshed = 0;

  cluster.on('error', () => {});
  cluster.on('+node', (node: Redis) => {
    known.set(`${node.options.host}:${node.options.port}`, node);
    connection(node);
  });
  cluster.on('-node', (node: Redis) => {
    const name = `${node.options.host}:${node.options.port}`;
    if (known.get(name) === node) known.delete(name);
  });
  cluster.on('refresh', changed);
  cluster.connect().catch(() => {});

  return {
    server: (shard) => {
      const name = cluster.slots[slots[shard]!]?.[0];
      return name === undefined ? undefined : known.get(name);
    },
    refresh: () => {
      const now = Date.now();
      if (now - refreshed < REFRESH_AT_MOST_EVERY_MS || cluster.status !== 'ready') return;
      refreshed = now;
      cluster.refreshSlotsCache();
    },
    disconnect: () => cluster.disconnect(),
  };
}
