import { Cluster, Redis, type RedisOptions } from 'ioredis';

import type { StoreUrl } from '../store-url.ts';

export type RedisUrl = Extract<StoreUrl, { engine: 'redis' }>;

const retryDelay = (times: number): number => Math.min(25 * 2 ** Math.min(times, 6), 1000);

/**
 * ioredis repeats nothing by itself here: no offline queue, no resending, no retry after a closed connection. A
 * commit whose reply was lost may have happened, and sending it again could do it twice.
 */
function commonOptions(url: RedisUrl, timeoutMs: number): RedisOptions {
  return {
    username: url.username,
    password: url.password,
    ...(url.tls ? { tls: {} } : {}),
    connectTimeout: timeoutMs,
    // Nothing came for this long though something is owed: give the connection up, with all that waits on it.
    socketTimeout: timeoutMs,
    // A server that stands still does not end the connection from its side either.
    disconnectTimeout: 100,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A server that became a replica says so to every write; the master is to be found anew.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    lazyConnect: true,
    connectionName: 'assent',
  };
}

export function newRedis(url: Exclude<RedisUrl, { mode: 'cluster' }>, timeoutMs: number): Redis {
  const common = { ...commonOptions(url, timeoutMs), db: url.db, enableOfflineQueue: false, retryStrategy: retryDelay };
  if (url.mode === 'single') return new Redis({ ...common, ...url.nodes[0]! });
  return new Redis({
    ...common,
    sentinels: url.nodes.map((node) => ({ ...node })),
    name: url.name,
    sentinelRetryStrategy: retryDelay,
    failoverDetector: true,
    enableTLSForSentinelMode: url.tls,
    ...(url.tls ? { sentinelTLS: {} } : {}),
  });
}

/** Only finds the nodes and keeps the map of slots: commands go to the nodes' own connections. */
export function newCluster(url: Extract<RedisUrl, { mode: 'cluster' }>, timeoutMs: number): Cluster {
  return new Cluster([...url.nodes], {
    redisOptions: commonOptions(url, timeoutMs),
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    enableOfflineQueue: false,
    slotsRefreshInterval: 5000,
    slotsRefreshTimeout: timeoutMs,
    lazyConnect: true,
    ...(url.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  });
}
