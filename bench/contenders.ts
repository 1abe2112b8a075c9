import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '#test/support/assent-server.ts';
import { startRedis } from '#test/support/redis.ts';

import type { Usage } from './child.ts';
import { type AssentReady, type BareLibraryReady, prepareAssent, prepareBareLibrary, prepareFloor } from './prepare.ts';
import { type Process, start } from './process.ts';
import type { Target } from './target.ts';

export const NAMES = ['floor', 'bare library', 'Assent on Redis', 'Assent on SQLite'] as const;
export type ContenderName = (typeof NAMES)[number];

export interface Contender {
  readonly name: ContenderName;
  readonly target: Target;
  usage(): Promise<Usage>;
}

export interface Contenders {
  readonly contenders: readonly Contender[];
  readonly redisVersion: string;
  stop(): Promise<void>;
}

/** As most people run Redis: the log of changes goes to the disk once a second. */
export const DURABILITY = { appendonly: 'yes', appendfsync: 'everysec' };

const assentEnv = async (store: string) => ({
  ASSENT_MODE: 'development',
  ASSENT_PORT: String(await freePort()),
  ASSENT_STORE: store,
  ASSENT_REDIS_ALLOW_UNSAFE: 'true',
  ASSENT_SECRET: randomBytes(32).toString('base64url'),
  ASSENT_DEMO: 'false',
  ASSENT_LOG_LEVEL: 'info',
});

export type Started = Process<AssentReady, 'usage', Usage>;

/** Assent by itself, empty. */
export const startAssentOn = async (store: string): Promise<Started> => start('contenders/assent.ts', { env: await assentEnv(store) });

/** All on one Redis server of their own, with one process each; they wait while it is not their turn. */
export async function startContenders({ connections, profile }: { connections: number; profile: string | undefined }): Promise<Contenders> {
  const folder = await mkdtemp(join(tmpdir(), 'assent-bench-'));
  const redis = await startRedis({ settings: DURABILITY });
  const started: Process<unknown, 'usage', Usage>[] = [];

  async function contender<R>(name: ContenderName, file: string, prepare: (ready: R) => Promise<Target> | Target, more: { args?: string[]; env?: Record<string, string> }): Promise<Contender> {
    const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name.replaceAll(' ', '-')}.cpuprofile`];
    const process = await start<R, 'usage', Usage>(`contenders/${file}`, { ...more, node });
    started.push(process);
    return { name, target: await prepare(process.ready), usage: () => process.ask('usage') };
  }

  const assent = async (name: ContenderName, store: string) => {
    return contender(name, 'assent.ts', (ready: AssentReady) => prepareAssent(ready, connections), { env: await assentEnv(store) });
  };

  async function stop(): Promise<void> {
    await Promise.all(started.map((process) => process.stop()));
    await redis.stop();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const contenders = [
      await contender('floor', 'floor.ts', prepareFloor, { args: [redis.url] }),
      await contender('bare library', 'bare-library.ts', (ready: BareLibraryReady) => prepareBareLibrary(ready, connections), {
        args: [redis.url, String(await freePort())],
      }),
      await assent('Assent on Redis', redis.url),
      await assent('Assent on SQLite', `sqlite:${join(folder, 'assent.db')}`),
    ];
    const redisVersion = /redis_version:(\S+)/.exec(String(await redis.command('info', 'server')))?.[1] ?? '';
    return { contenders, redisVersion, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
