import { randomBytes } from 'node:crypto';

import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

import type { Attempt, Connection } from './connection.ts';
import type { Opened } from './launch.ts';
import type { Organisation } from './organisation.ts';
import type { Call } from './platform.ts';

export interface Notice {
  readonly kind: 'done' | 'problem';
  readonly title: string;
  readonly text: string;
  /** Where somebody can help. */
  readonly link?: { readonly href: string; readonly text: string };
}

export interface Session {
  readonly id: string;
  /** By state. Several tabs may each be on their way. */
  readonly attempts: LRUCache<string, Attempt>;
  connection: Connection | undefined;
  /**
   * An organisation that the app acts for as itself. Only the session that came back from its administrator's consent
   * has it: a member who merely connected must not read everybody's meetings through the app.
   */
  organisation: Organisation | undefined;
  /** Where the person opened the app from. */
  opened: Opened | undefined;
  /** A call that was just made, shown once. */
  called: Call | undefined;
  /** A refresh that is under way: a refresh token is good for one use, so two calls must not both spend it. */
  refreshing: Promise<Connection> | undefined;
  /** Shown once, on the next page. */
  notice: Notice | undefined;
}

export type ConnectedSession = Session & { connection: Connection };
export type OrganisationSession = Session & { organisation: Organisation };
export type Sessions = ReturnType<typeof createSessions>;

const HOURS = 60 * 60 * 1000;

/** In memory: stopping the app forgets everyone. */
export function createSessions({ cookie, secure }: { readonly cookie: string; readonly secure: boolean }) {
  const sessions = new LRUCache<string, Session>({ max: 1000, ttl: 8 * HOURS });

  const open = (ctx: Context): Session => {
    const id = randomBytes(32).toString('base64url');
    const session: Session = {
      id,
      // As long as the session: an approval that somebody else has to give may come hours later.
      attempts: new LRUCache({ max: 20, ttl: 8 * HOURS }),
      connection: undefined,
      organisation: undefined,
      opened: undefined,
      called: undefined,
      refreshing: undefined,
      notice: undefined,
    };
    sessions.set(id, session);
    // Lax, not Strict: the browser comes back from the authorization server by a link of another site.
    ctx.cookies.set(cookie, id, { httpOnly: true, sameSite: 'lax', secure, path: '/', overwrite: true });
    return session;
  };

  return {
    of: (ctx: Context): Session => sessions.get(ctx.cookies.get(cookie) ?? '') ?? open(ctx),
    /** A new session in place of the old one, so that an id somebody planted before is worth nothing after. */
    renew(ctx: Context, old: Session): Session {
      sessions.delete(old.id);
      return open(ctx);
    },
  };
}
