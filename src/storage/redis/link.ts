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
  /** What last went wrong with a connection. */
  problem(): string | undefined;
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
  let problem: string | undefined;
  let closed = false;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  async function judge(server: Redis): Promise<void> {
    try {
      const verdict = await inspect(server, rules);
      if (server.status !== 'ready') return;
      routes.set(server, { server, verdict });
      report(server, verdict);
      changed();
    } catch (error) {
      // No verdict means not safe: start again with a new connection.
      routes.delete(server);
      failed(server, error as Error);
      if (server.status === 'ready') server.disconnect(true);
    }
  }

  function failed(server: Redis, error: Error): void {
    if (closed) return;
    problem = error.message.slice(0, 200);
    log?.warn({ server: nameOf(server), why: problem }, 'a Redis connection failed');
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
      server.on('ready', () => {
        // Saves the first calls a round trip; a server that forgot a script is given it again by the lane.
        for (const { source } of [COMMIT, SWEEP]) server.script('LOAD', source).catch(() => {});
        void judge(server);
      });
      server.on('close', () => routes.delete(server));
      server.on('end', () => routes.delete(server));
      server.on('error', (error: Error) => failed(server, error));
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
    problem: () => problem,
    close: () => {
      closed = true;
      clearInterval(inspecting);
      topology.disconnect();
    },
  };
}
