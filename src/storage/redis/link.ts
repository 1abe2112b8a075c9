import type { Redis } from 'ioredis';

import type { Shard } from '../record-store.ts';
import type { StoreLog } from '../store-options.ts';
import type { RedisUrl } from './clients.ts';
import { inspect, type SafetyRules, type Verdict } from './safety.ts';
import { COMMIT, SWEEP } from './scripts.ts';
import { openTopology } from './topology.ts';

/** The connections to all servers, each used only while it is known to be safe. */
export interface Link {
  /** Where calls for the shard go now; `undefined` while it is not known or not connected. */
  route(shard: Shard): Route | undefined;
  refresh(): void;
  /** Asks every server for its settings now, instead of in a few seconds. */
  inspect(): Promise<void>;
  /** Called whenever a shard may have become reachable. */
  onChange(listener: () => void): void;
  close(): void;
}

export interface Route {
  readonly server: Redis;
  readonly verdict: Verdict;
}

export interface LinkOptions extends SafetyRules {
  readonly timeoutMs: number;
  readonly log: StoreLog | undefined;
}

const INSPECT_EVERY_MS = 5000;

const nameOf = ({ options }: Redis): string => `${options.host}:${options.port}`;

export function openLink(url: RedisUrl, { timeoutMs, log, ...rules }: LinkOptions): Link {
  const routes = new Map<Redis, Route>();
  const said = new Map<string, string>();
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  async function judge(server: Redis): Promise<void> {
    try {
      await Promise.all([COMMIT, SWEEP].map(({ source }) => server.script('LOAD', source)));
      const verdict = await inspect(server, rules);
      if (server.status !== 'ready') return;
      routes.set(server, { server, verdict });
      report(server, verdict);
      changed();
    } catch (error) {
      // No verdict means not safe: start again with a new connection.
      routes.delete(server);
      log?.warn({ why: (error as Error).message }, 'a Redis server could not be asked for its settings');
      if (server.status === 'ready') server.disconnect(true);
    }
  }

  function report(server: Redis, verdict: Verdict): void {
    const words = verdict.safe ? verdict.warning : verdict.why;
    const name = nameOf(server);
    if (words === said.get(name)) return;
    if (words === undefined) said.delete(name);
    else {
      said.set(name, words);
      log?.[verdict.safe ? 'warn' : 'error']({ server: name }, words);
    }
  }

  const topology = openTopology(url, timeoutMs, {
    connection: (server) => {
      server.on('ready', () => void judge(server));
      server.on('close', () => routes.delete(server));
      server.on('end', () => routes.delete(server));
      server.on('error', (error) => log?.warn({ why: (error as Error).message, server: nameOf(server) }, 'a Redis connection failed'));
      if (server.status === 'ready') void judge(server);
      else if (server.status === 'wait') server.connect().catch(() => {});
    },
    changed,
  });

  const inspectAll = async (): Promise<void> => void (await Promise.all([...routes.keys()].map(judge)));
  const inspecting = setInterval(() => void inspectAll(), INSPECT_EVERY_MS);
  inspecting.unref();

  return {
    route: (shard) => {
      const server = topology.server(shard);
      const route = server && routes.get(server);
      if (route === undefined) topology.refresh();
      return route;
    },
    refresh: topology.refresh,
    inspect: inspectAll,
    onChange: (listener) => void listeners.push(listener),
    close: () => {
      clearInterval(inspecting);
      topology.disconnect();
    },
  };
}
