import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Message } from './child.ts';

/** A process of the bench, seen from outside. */
export interface Process<R, Q, A> {
  /** What it said when it was ready. */
  readonly ready: R;
  /** One question at a time. */
  ask(question: Q): Promise<A>;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node. */
  readonly node?: readonly string[];
}

/** Starts a file of this folder. Its output goes nowhere; only what it complains of is shown. */
export async function start<R, Q, A>(file: string, { args = [], env = {}, node = [] }: StartOptions = {}): Promise<Process<R, Q, A>> {
  const child = fork(join(import.meta.dirname, file), args, {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: [...node],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const lost = ended.then(() => Promise.reject(new Error(`${file} ended`)));
  lost.catch(() => {});
  const next = async (): Promise<Message> => (await Promise.race([once(child, 'message'), lost]))[0] as Message;
  const first = await next();
  if (!('ready' in first)) throw new Error(`${file} is not ready: ${JSON.stringify(first)}`);
  return {
    ready: first.ready as R,
    async ask(question) {
      child.send(question as object);
      const message = await next();
      if ('failed' in message) throw new Error(`${file}: ${message.failed}`);
      return (message as { answer: A }).answer;
    },
    stop: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
