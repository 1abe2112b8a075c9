import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Redis } from 'ioredis';

/** A real redis-server of the tests' own: own port, own folder, ended by its process id. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Like `redis-cli`: asks the server directly. */
  command(...words: (string | number)[]): Promise<unknown>;
  /** SIGKILL; the data stays, `restart` brings the server back on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** `disk` keeps every acknowledged write through kill -9; `none` is fast and keeps nothing. Default `disk`. */
  readonly durability?: 'disk' | 'none';
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly sentinel?: boolean;
}

export async function startRedis({ durability = 'disk', settings = {}, sentinel = false }: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'assent-redis-'));
  const onDisk = durability === 'disk' ? { appendonly: 'yes', appendfsync: 'always' } : { appendonly: 'no' };
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const base = { bind: '127.0.0.1', port, dir: folder, daemonize: 'no', logfile: join(folder, 'log') };
    const all = sentinel ? { ...base, ...settings } : { ...base, save: '', ...onDisk, ...settings };
    // A sentinel keeps what it learns in its settings file; a server takes the file for what was given it there.
    const file = join(folder, 'redis.conf');
    await writeFile(file, Object.entries(all).map(([name, value]) => `${name} ${value === "" ? '""' : value}\n`).join(''));
    const args = sentinel ? [file, '--sentinel'] : [file];
    let child = await run(args, port);
    if (child === undefined) {
      if (attempt < 5) continue;
      throw new Error(`redis-server does not start: ${await readFile(join(folder, 'log'), 'utf8').catch(() => 'is it installed?')}`);
    }
    const kill = async (): Promise<void> => end(child!);
    return {
      port,
      url: `redis://127.0.0.1:${port}`,
      get pid() {
        return child!.pid!;
      },
      command: (...words) => ask(port, words),
      kill,
      restart: async () => {
        child = await run(args, port);
        if (child === undefined) throw new Error(`redis-server does not start again: ${await readFile(join(folder, 'log'), 'utf8')}`);
      },
      pause: () => void child!.kill('SIGSTOP'),
      resume: () => void child!.kill('SIGCONT'),
      stop: async () => {
        await kill();
        // A fork that rewrites the append-only file may outlive its parent for a moment.
        await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      },
    };
  }
}

/** A master and a replica of it that has caught up. */
export async function startReplicaPair(options: RedisServerOptions = {}): Promise<{ master: RedisServer; replica: RedisServer; stop(): Promise<void> }> {
  const master = await startRedis({ ...options, settings: { 'repl-diskless-sync-delay': 0, ...options.settings } });
  const replica = await startRedis({ ...options, settings: { replicaof: `127.0.0.1 ${master.port}`, ...options.settings } });
  await until('the replica is online', async () => /state=online/.test(String(await master.command('info', 'replication'))));
  return { master, replica, stop: async () => void (await Promise.all([master.stop(), replica.stop()])) };
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly url: string;
  stop(): Promise<void>;
}

/** Three masters without replicas. */
export async function startRedisCluster(options: RedisServerOptions = {}): Promise<RedisCluster> {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () =>
      startRedis({
        ...options,
        settings: { 'cluster-enabled': 'yes', 'cluster-port': await freePort(), 'cluster-config-file': 'nodes.conf', 'cluster-node-timeout': 2000, ...options.settings },
      }),
    ),
  );
  const ranges = [[0, 5460], [5461, 10922], [10923, 16383]] as const;
  await Promise.all(nodes.map((node, place) => node.command('cluster', 'addslotsrange', ...ranges[place]!)));
  for (const [place, node] of nodes.entries()) {
    await node.command('cluster', 'set-config-epoch', place + 1);
    if (place > 0) {
      const [, busPort] = (await node.command('config', 'get', 'cluster-port')) as [string, string];
      await nodes[0]!.command('cluster', 'meet', '127.0.0.1', node.port, busPort);
    }
  }
  await until('the cluster is whole', async () => {
    const states = await Promise.all(nodes.map((node) => node.command('cluster', 'info')));
    return states.every((state) => /cluster_state:ok/.test(String(state)) && /cluster_known_nodes:3/.test(String(state)));
  });
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

/** A master, a replica of it and a sentinel that makes the replica the master when it loses the first for a second. */
export async function startSentinel(options: RedisServerOptions = {}): Promise<{ master: RedisServer; replica: RedisServer; url: string; stop(): Promise<void> }> {
  const { master, replica, stop } = await startReplicaPair(options);
  const sentinel = await startRedis({ durability: 'none', sentinel: true });
  await sentinel.command('sentinel', 'monitor', 'main', '127.0.0.1', master.port, 1);
  await sentinel.command('sentinel', 'set', 'main', 'down-after-milliseconds', 1000);
  await sentinel.command('sentinel', 'set', 'main', 'failover-timeout', 2000);
  await until('the sentinel knows the replica', async () => String(await sentinel.command('sentinel', 'replicas', 'main')).includes(String(replica.port)));
  return { master, replica, url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`, stop: async () => void (await Promise.all([sentinel.stop(), stop()])) };
}

export async function until(what: string, happened: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await delay(20);
  }
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `undefined` when it ended before it answered, because another process took the port. */
async function run(args: readonly string[], port: number): Promise<ChildProcess | undefined> {
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  let ended = false;
  child.on('error', () => (ended = true));
  child.on('exit', () => {
    ended = true;
    running.delete(child);
  });
  running.add(child);
  await until('redis-server answers', async () => ended || (await ask(port, ['ping']).catch(() => undefined)) === 'PONG');
  return ended ? undefined : child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function ask(port: number, [name, ...args]: readonly (string | number)[]): Promise<unknown> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: null, enableReadyCheck: false, maxRetriesPerRequest: 0, disableClientInfo: true });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(String(name), ...args);
  } finally {
    if (client.status !== 'end') client.disconnect();
  }
}

/** Below the ports that the system gives out by itself, so that nothing else is handed it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
