import type { Redis } from 'ioredis';

import type { Shard } from '../record-store.ts';
import { unavailable } from '../unavailable.ts';
import { confirmationCommands, type Reply, whyUnconfirmed } from './confirmation.ts';
import type { Link, Route } from './link.ts';
import type { Script } from './scripts.ts';

/**
 * Sends calls to the servers. Each server has one pipeline under way; calls that are made meanwhile go together in
 * the next, which costs far fewer system calls than sending each at once. Every call has a deadline, also while no
 * server is there to take it; the number of waiting calls is bounded; and no call is sent again unless the server
 * said that it did not run it.
 */
export interface Lane {
  call(shard: Shard, command: readonly Argument[]): Promise<unknown>;
  run(shard: Shard, script: Script, keys: number, args: readonly Argument[]): Promise<unknown>;
  close(): void;
}

export type Argument = string | number;

interface Call {
  readonly shard: Shard;
  command: readonly Argument[];
  readonly script: Script | undefined;
  readonly deadline: number;
  redirections: number;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

const MOST_WAITING = 10_000;
const MOST_REDIRECTIONS = 5;

/** A lane that confirms adds to each pipeline what the server's durability needs. */
export function openLane(link: Link, { timeoutMs, confirms }: { timeoutMs: number; confirms: boolean }): Lane {
  let queue: Call[] = [];
  /** No server could take these yet; they are tried again when something changed. */
  let held: Call[] = [];
  let waiting = 0;
  let scheduled = false;
  let open = true;
  let alarm: NodeJS.Timeout | undefined;
  const busy = new Set<Redis>();

  link.onChange(release);

  function enqueue(shard: Shard, command: readonly Argument[], script: Script | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!open) return reject(unavailable('the store is closed'));
      if (waiting >= MOST_WAITING) return reject(unavailable('too many calls are waiting for Redis'));
      waiting += 1;
      queue.push({ shard, command, script, deadline: Date.now() + timeoutMs, redirections: 0, resolve, reject });
      schedule();
    });
  }

  function schedule(): void {
    if (scheduled || queue.length === 0) return;
    scheduled = true;
    setImmediate(flush);
  }

  function release(): void {
    if (held.length > 0) queue = held.splice(0).concat(queue);
    schedule();
  }

  function flush(): void {
    scheduled = false;
    const calls = queue;
    queue = [];
    const batches = new Map<Route, Call[]>();
    for (const call of calls) {
      const route = link.route(call.shard);
      if (route === undefined || busy.has(route.server)) {
        held.push(call);
      } else if (!route.verdict.safe) {
        fail(call, unavailable(route.verdict.why));
      } else {
        const batch = batches.get(route);
        if (batch) batch.push(call);
        else batches.set(route, [call]);
      }
    }
    for (const [route, batch] of batches) send(route, batch);
    if (held.length > 0) watch();
  }

  /** Lets calls go that no server took in time. */
  function watch(): void {
    alarm ??= setTimeout(() => {
      alarm = undefined;
      const now = Date.now();
      const late = held.filter(({ deadline }) => deadline <= now);
      held = held.filter(({ deadline }) => deadline > now);
      for (const call of late) fail(call, unavailable('no Redis server could be reached in time'));
      if (held.length > 0) {
        link.refresh();
        watch();
      }
    }, timeoutMs / 8);
  }

  function send({ server, verdict }: Route, calls: readonly Call[]): void {
    const confirm = confirms && verdict.safe ? verdict.confirm : undefined;
    busy.add(server);
    let settled = false;
    const settle = (give: (call: Call, place: number) => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      calls.forEach(give);
      busy.delete(server);
      release();
    };
    const timer = setTimeout(
      () => settle((call) => fail(call, unavailable('Redis did not answer in time'))),
      Math.max(1, calls[0]!.deadline - Date.now()),
    );
    const pipeline = server.pipeline();
    for (const call of calls) pipeline.call(...(call.command as [string, ...Argument[]]));
    if (confirm) for (const command of confirmationCommands(confirm, timeoutMs)) pipeline.call(...command);
    void pipeline.exec((error, replies) => {
      const unconfirmed = replies && confirm ? whyUnconfirmed(confirm, replies.slice(calls.length) as Reply[]) : undefined;
      settle((call, place) => {
        if (replies == null) fail(call, unavailable(`Redis could not be asked: ${error?.message.slice(0, 200)}`));
        else if (unconfirmed !== undefined && replies[place]![0] === null) fail(call, unavailable(unconfirmed));
        else answer(call, replies[place] as Reply);
      });
    });
  }

  function answer(call: Call, [error, value]: Reply): void {
    if (error === null) {
      waiting -= 1;
      call.resolve(value);
    } else if (call.script && error.message.startsWith('NOSCRIPT')) {
      call.command = ['eval', call.script.source, ...call.command.slice(2)];
      queue.push(call);
    } else if (error.message.startsWith('MOVED') && call.redirections < MOST_REDIRECTIONS) {
      call.redirections += 1;
      link.refresh();
      setTimeout(() => {
        queue.push(call);
        schedule();
      }, 20 * call.redirections);
    } else {
      // The error of ioredis carries the command, and so the records, which must not get into logs.
      fail(call, unavailable(`Redis answered: ${error.message.slice(0, 200)}`));
    }
  }

  function fail(call: Call, error: unknown): void {
    waiting -= 1;
    call.reject(error);
  }

  return {
    call: (shard, command) => enqueue(shard, command, undefined),
    run: (shard, script, keys, args) => enqueue(shard, ['evalsha', script.sha, keys, ...args], script),
    close: () => {
      open = false;
      clearTimeout(alarm);
      for (const call of [...queue.splice(0), ...held.splice(0)]) fail(call, unavailable('the store is closed'));
    },
  };
}
