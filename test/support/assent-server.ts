import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLog } from '#src/log.ts';
import { startServer, type ServerOptions } from '#src/server.ts';
import { loadSettings } from '#src/settings/settings.ts';

import { answers, isFree } from '../../scripts/ports.ts';
import { projectRoot } from './web.ts';

export interface AssentServer {
  readonly url: string;
  /** Lets it finish what is under way. */
  stop(): Promise<void>;
}

export interface AssentProcess extends AssentServer {
  readonly pid: number;
  /** With SIGKILL, say. Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again at the same address. */
  restart(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface Assent<S extends AssentServer = AssentServer> {
  /** The address of the first server. */
  readonly issuer: string;
  readonly servers: readonly S[];
  readonly firstOperator: { readonly id: string; readonly secret: string };
  /** Everything that any server logged so far. */
  logged(): string;
  stop(): Promise<void>;
}

export interface AssentOptions {
  /** As `ASSENT_STORE`; without it, SQLite in a folder of its own. */
  readonly store?: string;
  /** More `ASSENT_…` variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type InProcess = Pick<ServerOptions, 'clock' | 'openStore'>;

/** In this process, where time can be moved and storage made to fail. */
export async function startAssent({ clock, openStore, ...options }: AssentOptions & InProcess = {}): Promise<Assent> {
  const { environment, issuer, cleanUp } = await prepare(options);
  const lines: string[] = [];
  let firstOperator = { id: '', secret: '' };
  const server = await startServer(loadSettings({ ...environment, ASSENT_PORT: new URL(issuer).port }), {
    log: createLog('debug', { write: (line: string) => void lines.push(line) }),
    ...(clock && { clock }),
    ...(openStore && { openStore }),
    onFirstOperator: (credential) => (firstOperator = credential),
  });
  const stop = async () => {
    await server.close();
    await cleanUp();
  };
  return { issuer, servers: [{ url: server.url, stop }], firstOperator, logged: () => lines.join(''), stop };
}

/** Several processes of `src/main.ts` on one store, as they run in production. All say the address of the first one is theirs. */
export async function startAssentProcesses(count: number, options: AssentOptions = {}): Promise<Assent<AssentProcess>> {
  const { environment, issuer, cleanUp } = await prepare(options);
  const output: string[] = [];
  // One after the other, so that the first alone makes the first operator.
  const servers = [await startProcess(issuer, environment, output)];
  const [, id = ''] = /client_id +(\S+)/.exec(output.join('')) ?? [];
  const [, secret = ''] = /client_secret +(\S+)/.exec(output.join('')) ?? [];
  output.length = 0;
  const others = await Promise.all(Array.from({ length: count - 1 }, async () => `http://127.0.0.1:${await freePort()}`));
  servers.push(...(await Promise.all(others.map((url) => startProcess(url, environment, output)))));
  return {
    issuer,
    servers,
    firstOperator: { id, secret },
    logged: () => output.join(''),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await cleanUp();
    },
  };
}

async function prepare({ store, settings }: AssentOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'assent-world-'));
  const issuer = `http://127.0.0.1:${await freePort()}`;
  const environment = {
    ASSENT_ISSUER: issuer,
    ASSENT_STORE: store ?? `sqlite:${join(folder, 'assent.db')}`,
    ASSENT_SECRET: randomBytes(32).toString('base64url'),
    ASSENT_CATALOGUE: join(projectRoot, 'config/permissions.yaml'),
    ASSENT_RESOURCES: join(projectRoot, 'config/resources.yaml'),
    ASSENT_CONTEXTS: join(projectRoot, 'config/contexts.yaml'),
    ASSENT_DEMO: 'false',
    ASSENT_LOG_LEVEL: 'debug',
    ...settings,
  };
  return { environment, issuer, cleanUp: () => rm(folder, { recursive: true, force: true }) };
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function startProcess(url: string, environment: Record<string, string>, output: string[]): Promise<AssentProcess> {
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(process.execPath, [join(projectRoot, 'src/main.ts')], {
      cwd: projectRoot,
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: join(tmpdir(), 'assent-compile-cache'), ...environment, ASSENT_PORT: new URL(url).port },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(started);
    started.once('exit', () => running.delete(started));
    for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
    const gone = () => started.exitCode !== null || started.signalCode !== null;
    if (!(await answers(`${url}/health/ready`, { seconds: 60, giveUp: gone }))) {
      started.kill('SIGKILL');
      throw new Error(`Assent does not start:\n${output.join('')}`);
    }
    return started;
  };

  let child = await start();
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (!running.has(child)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.once('exit', () => resolve());
    child.kill(signal);
    await promise;
  };
  return {
    url,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    stop: () => kill('SIGTERM'),
    restart: async () => {
      child = await start();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

/** Below the ports that the system gives out by itself, so that nothing else is handed it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
}
