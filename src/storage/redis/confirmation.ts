import type { Confirmation } from './safety.ts';

export type Command = [name: string, ...args: (string | number)[]];
export type Reply = [error: Error | null, value: unknown];

/** What follows the changes on their connection. The server answers before our deadline, so that it is not taken for dead. */
export function confirmationCommands({ replicas, disk }: Confirmation, timeoutMs: number): Command[] {
  const patience = Math.ceil(timeoutMs * 0.75);
  const commands: Command[] = [];
  if (disk) commands.push(['waitaof', 1, 0, patience]);
  if (replicas > 0) commands.push(['wait', replicas, patience]);
  return commands;
}

/** Why the changes before these replies may not be acknowledged; `undefined` when they may. */
export function whyUnconfirmed({ replicas, disk }: Confirmation, replies: readonly Reply[]): string | undefined {
  const failure = replies.find(([error]) => error !== null)?.[0];
  if (failure) return `the change could not be confirmed: ${failure.message.slice(0, 200)}`;
  const values = replies.map(([, value]) => value);
  if (disk) {
    const [servers] = values.shift() as [number, number];
    if (servers < 1) return 'the change is not on disk yet';
  }
  if (replicas > 0) {
    const holding = values.shift() as number;
    if (holding < replicas) return `the change is on ${holding} of ${replicas} replicas`;
  }
  return undefined;
}
