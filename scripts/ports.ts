import { createServer } from 'node:net';

/** Whether something could listen on this port of this machine now. */
export async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  return promise;
}

/** Asks until the address answers, with whatever is no 5xx, or `giveUp` says that it never will. */
export async function answers(url: string, { seconds, giveUp }: { seconds: number; giveUp: () => boolean }): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end && !giveUp()) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (response !== undefined && response.status < 500) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
