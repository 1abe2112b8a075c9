import { randomBytes } from 'node:crypto';

import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

import type { Attempt, Connection } from './connection.ts';

export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly title: string;
  readonly text: string;
}

export interface Session {
  readonly id: string;
  /** By state. Several tabs may each be on their way. */
  readonly attempts: LRUCache<string, Attempt>;
  connection: Connection | undefined;
  /** A refresh that is under way: a refresh token is good for one use, so two calls must not both spend it. */
  refreshing: Promise<Connection> | undefined;
  /** Shown once, on the next page. */
  notice: Notice | undefined;
}

export type ConnectedSession = Session & { connection: Connection };
export type Sessions = ReturnType<typeof createSessions>;

const COOKIE = 'scheduler_session';

/** In memory: stopping the app forgets everyone. */
export function createSessions({ secure }: { readonly secure: boolean }) {
  const sessions = new LRUCache<string, Session>({ max: 1000, ttl: 8 * 60 * 60 * 1000 });

  const open = (ctx: Context): Session => {
    const id = randomBytes(32).toString('base64url');
    const session: Session = {
      id,
      attempts: new LRUCache({ max: 5, ttl: 15 * 60 * 1000 }),
      connection: undefined,
      refreshing: undefined,
      notice: undefined,
    };
    sessions.set(id, session);
    // Lax, not Strict: the browser comes back from the authorization server by a link of another site.
    ctx.cookies.set(COOKIE, id, { httpOnly: true, sameSite: 'lax', secure, path: '/', overwrite: true });
    return session;
  };

  return {
    of: (ctx: Context): Session => sessions.get(ctx.cookies.get(COOKIE) ?? '') ?? open(ctx),
    /** A new session in place of the old one, so that an id somebody planted before is worth nothing after. */
    renew(ctx: Context, old: Session): Session {
      sessions.delete(old.id);
      return open(ctx);
    },
  };
}
