import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import type { AccountSection } from '#src/http/account-frame.ts';
import type { AdminSection } from '#src/http/admin-frame.ts';
import { createWeb, type Mount } from '#src/http/create-web.ts';
import { createMetrics } from '#src/http/metrics.ts';
import { createLog } from '#src/log.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface TestWeb {
  readonly origin: string;
  /** Everything that was logged so far, parsed. */
  readonly logged: Record<string, any>[];
  close(): Promise<void>;
}

export interface TestWebOptions {
  mounts: readonly Mount[];
  trustedProxies?: number;
  production?: boolean;
  /** The public address when it is not the one that the test listens on. */
  origin?: string;
  accountSections?: readonly AccountSection[];
  adminSections?: readonly AdminSection[];
}

/** Serves `mounts` on a free port of 127.0.0.1 through the real root application. */
export async function startWeb({ mounts, trustedProxies = 0, production = false, origin, accountSections = [], adminSections = [] }: TestWebOptions): Promise<TestWeb> {
  const logged: Record<string, any>[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, any>) });
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listening = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metrics = createMetrics();
  const app = createWeb({
    site: { origin: origin ?? listening, platformName: 'Northlight', production, csrfKey: Buffer.alloc(32, 7), accountSections, adminSections },
    log,
    metrics,
    trustedProxies,
    root: projectRoot,
    mounts: [{ at: ['/metrics'], manner: 'api', use: metrics.answer }, ...mounts],
  });
  app.keys = ['as in server.ts'];
  server.on('request', app.callback());
  return {
    origin: listening,
    logged,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
