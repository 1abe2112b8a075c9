import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { displayDay } from '#src/http/display-time.ts';
import { postedForm, type PostedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render, type PageFrame } from '#src/http/render.ts';
import type { WebContext, WebRouter } from '#src/http/web-context.ts';
import type { UserId } from '#src/ids.ts';
import { actorOf, requireSignedIn, signedInOf } from '#src/sign-in/signed-in.ts';
import { giveDelegation } from '#src/tenants/delegation-store.ts';
import { membersToChoose } from '#src/tenants/find-members.ts';
import { tenantsOf } from '#src/tenants/member-store.ts';

import { chooseTenant, type Membership } from './choose-tenant.ts';
import { inWords } from './delegation-lines.ts';
import type { InstalledAppsDeps } from './installed-apps.ts';

/** What the person filled in so far. */
interface Draft {
  readonly receiver: string;
  readonly permissions: readonly string[];
  /** A day, or `''` for until somebody ends it. */
  readonly until: string;
  readonly query: string;
}

const EMPTY: Draft = { receiver: '', permissions: [], until: '', query: '' };

interface Around {
  readonly href: string;
  readonly frame: (ctx: WebContext, title: string) => PageFrame;
}

/** A colleague, what they may do, until when; then a page that says what will happen, and only from there it does. */
export function addGiveDelegationPages(router: WebRouter, deps: InstalledAppsDeps, around: Around): void {
  const path = `${around.href}/new`;
  const own = requireSignedIn(deps);

  router.get(path, own, async (ctx) => show(deps, ctx, around, await chosenTenant(deps, ctx, queryField(ctx, 'tenant')), EMPTY));

  router.post(path, own, async (ctx) => {
    const form = await postedForm(ctx, 'give-delegation');
    const membership = await chosenTenant(deps, ctx, form.one('tenant'));
    const draft = draftIn(form);
    const step = form.one('do');
    if (step === 'find' || step === 'back') return show(deps, ctx, around, membership, draft);
    const problem = problemWith(draft, deps.clock());
    if (problem !== '') return show(deps, ctx, around, membership, draft, problem);
    if (step !== 'give') return showWhatWillHappen(deps, ctx, around, membership, draft);
    const giver = signedInOf(ctx).user.id;
    const { receiver, permissions, until } = draft;
    try {
      await giveDelegation(
        deps,
        { tenant: membership.tenant.id, giver, receiver: receiver as UserId, permissions, endsAt: until === '' ? null : endOf(until) },
        actorOf(ctx),
      );
    } catch (error) {
      if (!(error instanceof AppError) || (error.code !== 'invalid_request' && error.code !== 'conflict')) throw error;
      return show(deps, ctx, around, membership, draft, error.fields?.[0]?.detail ?? error.detail ?? error.entry.sentence);
    }
    redirectTo(ctx, `${around.href}?done=given`);
  });
}

/** A tenant that is not theirs looks like one that is not there (xT1). */
async function chosenTenant(deps: InstalledAppsDeps, ctx: WebContext, wanted: string): Promise<Membership> {
  const found = chooseTenant(await tenantsOf(deps, signedInOf(ctx).user.id), wanted === '' ? undefined : wanted);
  if (!found) throw new AppError('not_found', { detail: 'You are not a member there.' });
  return found;
}

const draftIn = (form: PostedForm): Draft => ({
  receiver: form.one('receiver'),
  permissions: form.all('permission'),
  until: form.one('until'),
  query: form.one('query'),
});

/** Until the end of the day that was chosen, in the zone that pages tell times in. */
const endOf = (day: string): string => `${day}T23:59:59.999Z`;

function problemWith({ receiver, permissions, until }: Draft, now: number): string {
  if (receiver === '') return 'Choose a colleague.';
  if (permissions.length === 0) return 'Tick at least one thing that they may do.';
  if (until === '') return '';
  const ends = /^\d{4}-\d{2}-\d{2}$/.test(until) ? Date.parse(endOf(until)) : Number.NaN;
  return ends > now ? '' : 'Give a day that is not over yet, or leave it empty.';
}

async function show(deps: InstalledAppsDeps, ctx: WebContext, { href, frame }: Around, { tenant }: Membership, draft: Draft, problem = ''): Promise<void> {
  const me = signedInOf(ctx).user.id;
  const [found, all] = await Promise.all([
    membersToChoose(deps, tenant.id, { query: draft.query, chosen: draft.receiver === '' ? [] : [draft.receiver as UserId] }),
    tenantsOf(deps, me),
  ]);
  const colleagues = found.members.filter(({ user }) => user !== me);
  const forUsers = deps.catalogue.permissions.filter(({ identities }) => identities.includes('user'));
  const view = {
    problem,
    href,
    action: ctx.path,
    csrf: csrfToken(ctx, 'give-delegation'),
    tenant: { id: tenant.id, name: displayText(tenant.name) },
    others: all.filter((each) => each.tenant.id !== tenant.id).map((each) => ({ name: displayText(each.tenant.name), href: `${ctx.path}?${new URLSearchParams({ tenant: each.tenant.id }).toString()}` })),
    colleagues: colleagues.map(({ user, name, email, ticked }) => ({ user, name: displayText(name) || email, email, ticked })),
    query: draft.query,
    nobody: draft.query.trim() !== '' && colleagues.every(({ ticked }) => ticked),
    permissions: forUsers.map(({ name, title, explanation, sensitive }) => ({ name, title, explanation, sensitive, ticked: draft.permissions.includes(name) })),
    until: draft.until,
    today: new Date(deps.clock()).toISOString().slice(0, 10),
  };
  if (problem !== '') ctx.status = 422;
  render(ctx, 'account/give-delegation', view, frame(ctx, 'Let a colleague act for you'));
}

async function showWhatWillHappen(deps: InstalledAppsDeps, ctx: WebContext, around: Around, membership: Membership, draft: Draft): Promise<void> {
  const { tenant } = membership;
  const { members } = await membersToChoose(deps, tenant.id, { query: '', chosen: [draft.receiver as UserId] });
  const receiver = members.find(({ ticked }) => ticked);
  if (!receiver) return show(deps, ctx, around, membership, { ...draft, receiver: '' }, 'Choose a colleague.');
  const view = {
    action: ctx.path,
    csrf: csrfToken(ctx, 'give-delegation'),
    tenant: { id: tenant.id, name: displayText(tenant.name) },
    receiver: { id: receiver.user, name: displayText(receiver.name) || receiver.email },
    names: draft.permissions,
    permissions: inWords(draft.permissions, deps.catalogue, 'given'),
    until: draft.until,
    ends: draft.until === '' ? null : displayDay(endOf(draft.until)),
  };
  render(ctx, 'account/confirm-delegation', view, around.frame(ctx, 'Let a colleague act for you'));
}
