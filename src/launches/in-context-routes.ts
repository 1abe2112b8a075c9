import { roleOf } from '#src/contexts/context-facts.ts';
import { contextMembers, readContextMember } from '#src/contexts/context-store.ts';
import type { ContextMember } from '#src/contexts/context.ts';
import { openCursor, sealCursor } from '#src/http/cursor.ts';
import { queryField } from '#src/http/query-field.ts';
import type { PresentedToken } from '#src/http/token-challenge.ts';
import { createRouter, type WebContext, type WebMiddleware } from '#src/http/web-context.ts';
import type { ContextId, TenantId } from '#src/ids.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import { inviteOwner } from './invite-owner.ts';
import { mayKnowAll } from './start-view.ts';
import { findUserToken, startedByUserToken, viewOf, type StartDeps, type Started } from './start.ts';

export interface InContextDeps extends StartDeps {
  readonly presentedToken: PresentedToken;
  /** 32 bytes, for nothing but the cursors of these lists. */
  readonly cursorKey: Uint8Array;
}

export const IN_CONTEXT_PATHS = ['/access/v1/contexts'] as const;

const ON_A_PAGE = 200;

/** What an app asks with a user token while somebody uses it in a context, to be mounted with the manner `api`. */
export function inContextRoutes(deps: InContextDeps): WebMiddleware {
  const router = createRouter();
  router.get('/access/v1/contexts/:context', async (ctx) => answer(ctx, viewOf(deps, await started(deps, ctx))));
  router.get('/access/v1/contexts/:context/members', async (ctx) => answer(ctx, await members(deps, ctx, await started(deps, ctx))));
  router.post('/access/v1/contexts/:context/invitations', async (ctx) => answer(ctx, await inviteOwner(deps, await started(deps, ctx))));
  return router.routes() as never;
}

async function started(deps: InContextDeps, ctx: WebContext): Promise<Started> {
  const token = await deps.presentedToken(ctx, (text) => findUserToken(deps, text));
  return startedByUserToken(deps, token, ctx['params'].context as ContextId);
}

/** Everybody for the grant of an owner, one's own entry for anybody else's (R8). */
async function members(deps: InContextDeps, ctx: WebContext, { tenant, person, facts, authorization }: Started) {
  const context = facts.place.context.id;
  if (!mayKnowAll(authorization, facts.place.role)) {
    const own = await readContextMember(deps, { tenant, context, person });
    return { items: own ? [entry(own.value)] : [], next: null };
  }
  const bound = { list: JSON.stringify(['members in a context', context]), key: deps.cursorKey };
  const sealed = queryField(ctx, 'after');
  const page = await contextMembers(deps, tenant, context, { limit: ON_A_PAGE, after: sealed === '' ? undefined : openCursor(sealed, bound) });
  const there = await stillThere(deps, tenant, page.records.map(({ value }) => value));
  return { items: there.map(entry), next: page.next === undefined ? null : sealCursor(page.next, bound) };
}

/** Without those whose stay in the tenant is over: to a decision they have no role any more (xT6). */
async function stillThere({ store }: InContextDeps, tenant: TenantId, people: readonly ContextMember[]): Promise<ContextMember[]> {
  const users = people.flatMap(({ person }) => ('user' in person ? [person.user] : []));
  const records = await store.read(...users.map((user) => memberKey(tenant, user)));
  const members = new Map(users.map((user, place) => [user, records[place]?.value]));
  return people.filter((each) => roleOf(each, 'user' in each.person ? members.get(each.person.user) : undefined) !== null);
}

const entry = ({ person, role, joinedAt }: ContextMember) => ({
  user: 'user' in person ? person.user : null,
  guest: 'guest' in person ? person.guest : null,
  role,
  joinedAt,
});

function answer(ctx: WebContext, body: object): void {
  ctx.set('cache-control', 'no-store');
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(body);
}
