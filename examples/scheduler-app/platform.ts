import { z } from 'zod';

import type { Connection, OAuth } from './connection.ts';
import { tokenForTenant, type Organisation } from './organisation.ts';
import type { ConnectedSession, OrganisationSession } from './sessions.ts';

/** Who can grant what a call lacked, and where, as the authorization server says it. */
export type Missing = z.output<typeof Missing>;
export const Missing = z.object({
  permission: z.string(),
  identity: z.enum(['user', 'tenant']),
  state: z.string(),
  who: z.string(),
  whoInWords: z.string(),
  link: z.url({ protocol: /^https?$/ }),
});

/** One call to the platform API, as the pages show it. */
export interface Call {
  readonly request: string;
  readonly status: number;
  readonly body: unknown;
  /** Why it was refused; `undefined` when it was not. */
  readonly refusal:
    | { readonly code: string; readonly message: string; readonly scopes: readonly string[]; readonly missing: Missing | undefined }
    | undefined;
}

export type Platform = ReturnType<typeof createPlatform>;

const Refusal = z.object({ code: z.string(), message: z.string(), missing: Missing.optional().catch(undefined) });
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

  const renew = async (session: OrganisationSession): Promise<Organisation> =>
    (session.organisation = await tokenForTenant(await oauth.configuration(), session.organisation));

  const ask = async (accessToken: string, method: string, path: string, json?: unknown): Promise<Call> => {
    const response = await oauth.call(accessToken, new URL(path, base), method, json);
    const body: unknown = await response.json().catch(() => undefined);
    const { data } = Refusal.safeParse(body);
    const challenge = response.headers.get('www-authenticate') ?? '';
    const [, scopes = ''] = /scope="([^"]*)"/.exec(challenge) ?? [];
    return {
      request: `${method} ${path}`,
      status: response.status,
      body,
      refusal: response.ok
        ? undefined
        : {
            code: data?.code ?? `http_${response.status}`,
            message: data?.message ?? 'The platform gave no reason.',
            scopes: scopes.split(' ').filter(Boolean),
            missing: data?.missing,
          },
    };
  };

  return {
    refresh,
    ask,
    renew,

    /** For the person. */
    async call(session: ConnectedSession, method: string, path: string, json?: unknown): Promise<Call> {
      const ending = session.connection.expiresAt - EARLY < Date.now();
      const connection = ending ? await refresh(session) : session.connection;
      return ask(connection.accessToken, method, path, json);
    },

    /** As the app itself, for the organisation. A token that died before its time is asked for anew, once: the answer to that says why. */
    async callForOrganisation(session: OrganisationSession, path: string): Promise<Call> {
      const ending = session.organisation.expiresAt - EARLY < Date.now();
      const { accessToken } = ending ? await renew(session) : session.organisation;
      const call = await ask(accessToken, 'GET', path);
      return call.status === 401 ? ask((await renew(session)).accessToken, 'GET', path) : call;
    },
  };
}
