import { randomBytes } from 'node:crypto';

import type Router from '@koa/router';
import ejs from 'ejs';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

import type { Guard, Member } from '../guard/guard.ts';
import { send } from '../guard/koa.ts';
import { nodeOf } from './list-routes.ts';
import type { Lists } from './lists.ts';
import type { Records } from './records.ts';

const COOKIE = 'platform_session';
const VIEW = `${import.meta.dirname}/views/sites.ejs`;
const OPTIONS = { strict: true, destructuredLocals: ['view'], cache: true };
const HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'same-origin',
};

/**
 * The platform's own pages: a person looks at sites with no app in the call, so what they may is asked for them alone.
 * A platform has people sign in. This sample, on one machine, takes their word for who they are.
 */
export function addPages(router: Router, { guard, records, lists }: { readonly guard: Guard; readonly records: Records; readonly lists: Lists }): void {
  const sessions = new LRUCache<string, Member>({ max: 1000, ttl: 8 * 60 * 60 * 1000 });

  router.get('/', async (ctx) => {
    const member = sessions.get(ctx.cookies.get(COOKIE) ?? '');
    try {
      await show(ctx, member, member ? await sitesFor(member) : []);
    } catch (error) {
      send(ctx, guard.refusalFor(error));
    }
  });

  router.post('/session', (ctx) => {
    // A form of this very page, and of no other site.
    if (ctx.get('origin') !== `${ctx.protocol}://${ctx.host}`) ctx.throw(403);
    const { person = '' } = ctx.request.body as { person?: string };
    const member = records.members().find(({ tenant, user }) => person === `${tenant} ${user}`);
    sessions.delete(ctx.cookies.get(COOKIE) ?? '');
    if (member) {
      const id = randomBytes(32).toString('base64url');
      sessions.set(id, { tenant: member.tenant, user: member.user });
      ctx.cookies.set(COOKIE, id, { httpOnly: true, sameSite: 'lax', overwrite: true });
    }
    ctx.redirect('/');
  });

  async function sitesFor(member: Member) {
    const sites = await guard.amongForMember(member, 'read', lists.sitesOf(member.tenant).map(({ id, title }) => ({ type: 'web', id, title })));
    return Promise.all(
      sites.map(async ({ id, title }) => ({ id, title, lists: (await guard.amongForMember(member, 'read', lists.inSite(member.tenant, id).map(nodeOf))).map(({ list }) => list) })),
    );
  }

  async function show(ctx: Context, member: Member | undefined, sites: readonly object[]): Promise<void> {
    const name = member && records.person(member.tenant, member.user)?.name;
    const people = records.members().map(({ tenant, user, name: title, email }) => ({ value: `${tenant} ${user}`, title, email }));
    ctx.set(HEADERS);
    ctx.type = 'html';
    ctx.body = await ejs.renderFile(VIEW, { view: { name, sites, people } }, OPTIONS);
  }
}
