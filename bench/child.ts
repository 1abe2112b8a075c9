/** A process of the bench, seen from inside; see process.ts for the other side. */
export type Message = { readonly ready: unknown } | { readonly answer: unknown } | { readonly failed: string };

/** Since the process began. */
export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** Says that this process is ready, then answers what it is asked, one question after the other. Ends with the bench. */
export function announce<Q>(ready: unknown, answer: (question: Q) => unknown): void {
  const say = (message: Message) => process.send?.(message);
  process.on('message', (question: Q) => {
    Promise.try(answer, question).then(
      (given) => say({ answer: given }),
      (error: unknown) => say({ failed: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  say({ ready });
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 2 ** 20 };
}
