import { AppError } from '#src/errors.ts';
import { accountFrame } from '#src/http/account-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayTime } from '#src/http/display-time.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { DelegationId, TenantId, UserId } from '#src/ids.ts';
import { actorOf, requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { endDelegation } from '#src/tenants/delegation-store.ts';
import type { EndedBy } from '#src/tenants/end-delegation.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';

import type { Membership } from './choose-tenant.ts';
import { delegationLines, delegationOf, type DelegationLine, type Side } from './delegation-lines.ts';
import { addGiveDelegationPages } from './give-delegation-pages.ts';
import type { InstalledAppsPagesDeps } from './installed-apps-pages.ts';

/** The entry for `Site.accountSections`. */
export const DELEGATIONS_SECTION = { label: 'Delegations', href: '/account/delegations', about: 'Who may act on your data, and on whose data you may.' };

const ON_A_PAGE = 20;
const END = `${DELEGATIONS_SECTION.href}/:tenant/:delegation/end`;

/** What the person lets others do, and what others let them do; either can be ended by whichever of the two. */
export function delegationPages(deps: InstalledAppsPagesDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);

  router.get(DELEGATIONS_SECTION.href, own, async (ctx) => {
    const { user } = signedInOf(ctx);
    const memberships = await tenantsOf(deps, user.id);
    const [received, given] = await Promise.all([list(deps, ctx, memberships, 'received'), list(deps, ctx, memberships, 'given')]);
    const view = { notice: NOTICES.get(queryField(ctx, 'done')) ?? '', lists: [received, given], give: memberships.length === 0 ? '' : `${DELEGATIONS_SECTION.href}/new` };
    render(ctx, 'account/delegations', view, frame(ctx, 'Delegations'));
  });

  addGiveDelegationPages(router, deps, { href: DELEGATIONS_SECTION.href, frame });

  router.get(END, own, async (ctx) => {
    const { tenant, delegation } = placeIn(ctx);
    const found = await delegationOf(deps, signedInOf(ctx).user.id, { tenant, delegation });
    if (!found) throw new AppError('not_found', { detail: 'This delegation has ended, or is not one of yours.' });
    render(ctx, 'account/end-delegation', { ...inWords(found), back: DELEGATIONS_SECTION.href, csrf: csrfToken(ctx, purposeOf(delegation)) }, frame(ctx, 'End delegation'));
  });

  /** The form's token is of this delegation: only who was shown it has one. Ended by somebody else meanwhile, it has ended (xS4). */
  router.post(END, own, async (ctx) => {
    const { tenant, delegation } = placeIn(ctx);
    await postedForm(ctx, purposeOf(delegation));
    const { id } = signedInOf(ctx).user;
    const found = await delegationOf(deps, id, { tenant, delegation });
    // One that is not on their pages any more may rest: whichever side they are on, it must not wake up again.
    const sides: readonly EndedBy[] = found ? [found.side === 'given' ? 'giver' : 'receiver'] : ['giver', 'receiver'];
    for (const by of sides) await endDelegation(deps, tenant, delegation, by, actorOf(ctx));
    redirectTo(ctx, `${DELEGATIONS_SECTION.href}?done=ended`);
  });

  return router;
}

const NOTICES: ReadonlyMap<string, string> = new Map([
  ['ended', 'The delegation has ended. Nobody and no app can do anything with it any more.'],
  ['given', 'Done. It holds from now on, until it ends by itself or one of you ends it.'],
]);

const frame = (ctx: WebContext, title: string) => accountFrame(ctx, title, DELEGATIONS_SECTION.href);

const placeIn = (ctx: WebContext) => ctx['params'] as { tenant: TenantId; delegation: DelegationId };
const purposeOf = (id: DelegationId): string => `end-delegation:${id}`;

const WORDS: Readonly<Record<Side, { heading: string; who: string; passing: string; nothing: string }>> = {
  received: { heading: 'What others let you do', who: 'Given by', passing: 'You pass it on to', nothing: 'Nobody lets you act on their data.' },
  given: { heading: 'What you let others do', who: 'Given to', passing: 'Passed on to', nothing: 'You let nobody act on your data.' },
};

/** The two lists of the page turn their pages each for itself; the other one begins anew. */
async function list({ cursorKey, ...deps }: InstalledAppsPagesDeps, ctx: WebContext, memberships: readonly Membership[], side: Side) {
  const user: UserId = signedInOf(ctx).user.id;
  const place = placeInList(ctx, { path: DELEGATIONS_SECTION.href, of: ['delegations', user, side], key: cursorKey, field: side });
  const page = await delegationLines(deps, user, { side, memberships, after: place.after, limit: ON_A_PAGE });
  const { first, next } = place.links(page.next);
  return {
    id: side,
    ...WORDS[side],
    lines: page.lines.map((line) => ({ ...inWords(line), href: endPath(line) })),
    first: first && `${first}#${side}`,
    next: next && `${next}#${side}`,
  };
}

const endPath = ({ tenant, id }: DelegationLine): string => `${DELEGATIONS_SECTION.href}/${encodeURIComponent(tenant)}/${encodeURIComponent(id)}/end`;

const inWords = ({ since, endsAt, tenantName, ...line }: DelegationLine) => ({
  ...line,
  tenant: tenantName,
  action: endPath({ since, endsAt, tenantName, ...line }),
  since: displayTime(since),
  endsAt: endsAt === null ? null : displayTime(endsAt),
});
