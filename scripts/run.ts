import { spawn } from 'node:child_process';

export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program to its end and keeps what it prints. */
export async function run(command: string, args: readonly string[]): Promise<Outcome> {
  const begun = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.on('error', (error) => {
    output += `${command}: ${error.message}\n`;
    resolve(false);
  });
  child.on('close', (code) => resolve(code === 0));
  return { ok: await promise, output, seconds: (performance.now() - begun) / 1000 };
}

/** Runs a program with this terminal and gives its exit code. After `minutes` it is stopped, which is a failure. */
export async function runShown(command: string, args: readonly string[], { minutes = 0 } = {}): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: minutes * 60_000 });
  child.on('error', (error) => {
    console.error(`${command}: ${error.message}`);
    resolve(127);
  });
  child.on('close', (code) => resolve(code ?? 1));
  return promise;
}

export const JEST = ['node_modules/jest/bin/jest.js'];
