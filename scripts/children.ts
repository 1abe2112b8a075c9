import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

export interface Children {
  /** Starts a Node program whose every line appears with its name in front. */
  start(name: string, file: string, env: Readonly<Record<string, string | undefined>>): void;
  /** The first that ended although nobody stopped it. */
  readonly ended: Promise<string>;
  hasEnded(): boolean;
  /** With `SIGINT` they have it from the terminal already; a second signal would make them stop at once. */
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<void>;
}

export function createChildren(print: (line: string) => void): Children {
  const running = new Map<ChildProcess, Promise<void>>();
  const ended = Promise.withResolvers<string>();
  let stopping = false;
  let anyEnded = false;

  return {
    ended: ended.promise,
    hasEnded: () => anyEnded,

    start(name, file, env) {
      const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) printLines(stream, (line) => print(`${name} | ${line}`));
      const closed = Promise.withResolvers<void>();
      child.once('close', (code) => {
        anyEnded = true;
        running.delete(child);
        closed.resolve();
        if (!stopping) ended.resolve(`${name} ended with code ${code}`);
      });
      running.set(child, closed.promise);
    },

    async stop(signal) {
      stopping = true;
      const allClosed = Promise.all(running.values());
      if (signal === 'SIGINT') await Promise.race([allClosed, setTimeout(2000)]);
      for (const child of running.keys()) child.kill('SIGTERM');
      await allClosed;
    },
  };
}

function printLines(stream: NodeJS.ReadableStream, print: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    lines.filter((line) => line !== '').forEach(print);
  });
  stream.once('end', () => rest !== '' && print(rest));
}
