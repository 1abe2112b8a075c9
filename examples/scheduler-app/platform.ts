import { z } from 'zod';

import type { Connection, OAuth } from './connection.ts';
import type { ConnectedSession } from './sessions.ts';

/** One call to the platform API, as the pages show it. */
export interface Call {
  readonly request: string;
  readonly status: number;
  readonly body: unknown;
  /** Why it was refused; `undefined` when it was not. */
  readonly refusal: { readonly code: string; readonly message: string; readonly missing: readonly string[] } | undefined;
}

export type Platform = ReturnType<typeof createPlatform>;

const Refusal = z.object({ code: z.string(), message: z.string() });
const EARLY = 10_000;

export function createPlatform(oauth: OAuth, base: string) {
  const refresh = (session: ConnectedSession): Promise<Connection> => {
    if (session.connection.refreshToken === undefined) return Promise.resolve(session.connection);
    session.refreshing ??= oauth
      .refresh(session.connection)
      .then((fresh) => (session.connection = fresh))
      .finally(() => (session.refreshing = undefined));
    return session.refreshing;
  };

  return {
    refresh,

    async call(session: ConnectedSession, method: string, path: string, json?: unknown): Promise<Call> {
      const ending = session.connection.expiresAt - EARLY < Date.now();
      const connection = ending ? await refresh(session) : session.connection;
      const response = await oauth.call(connection, new URL(path, base), method, json);
      const body: unknown = await response.json().catch(() => undefined);
      const { data } = Refusal.safeParse(body);
      const challenge = response.headers.get('www-authenticate') ?? '';
      const [, missing = ''] = /scope="([^"]*)"/.exec(challenge) ?? [];
      return {
        request: `${method} ${path}`,
        status: response.status,
        body,
        refusal: response.ok
          ? undefined
          : {
              code: data?.code ?? `http_${response.status}`,
              message: data?.message ?? 'The platform gave no reason.',
              missing: missing.split(' ').filter(Boolean),
            },
      };
    },
  };
}
