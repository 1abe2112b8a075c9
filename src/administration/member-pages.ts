import { appLine } from '#src/approvals/app-line.ts';
import { AppError } from '#src/errors.ts';
import { adminFrame, adminOf, type AdminSection } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { displayTime } from '#src/http/display-time.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { renderStep, type Step } from '#src/http/step-page.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import type { UserId } from '#src/ids.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';
import { changeMember, readMember, removeMember } from '#src/tenants/member-store.ts';

import { purposeOf } from './app-pages.ts';
import { appsOfMember, countAppsOfMember } from './apps-of-member.ts';
import type { AdministrationPagesDeps } from './apps-pages.ts';
import { described, listMembers, type ListedMember } from './find-members.ts';
import { MEMBER_STEPS, roleStep, type MemberStep } from './member-steps.ts';
import { appPath, memberPath, membersPath } from './paths.ts';
import { isSelf, isWithin, roleNamed, rolesInWords } from './role-words.ts';

export const MEMBERS_SECTION: AdminSection = { label: 'Members', path: 'members', needs: ['members.manage', 'apps.manage', 'apps.view'] };

const ON_A_PAGE = 25;
const BASE = '/admin/:tenant/members';
const ONE = `${BASE}/:user`;

/** The members of a tenant: who they are there, what apps may do for them, and what they may do themselves. */
export function memberPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  const see: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, ...MEMBERS_SECTION.needs)];
  const manage: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'members.manage')];

  router.get(BASE, ...see, async (ctx) => showMembers(deps, ctx));
  router.get(ONE, ...see, async (ctx) => showMember(ctx, await memberInPath(ctx)));

  router.get(`${ONE}/role`, ...manage, async (ctx) => {
    const { listed, roles } = await changeable(ctx);
    const wanted = queryField(ctx, 'role');
    const after = roles.find(({ id }) => id === wanted);
    if (!after || wanted === listed.member.role) return redirectTo(ctx, pathOf(ctx));
    const step = roleStep({ ...namesIn(ctx, listed), before: roleNamed(roles, listed.member.role), after });
    showStep(ctx, step, { path: 'role', fields: [{ name: 'role', value: after.id }] });
  });

  router.post(`${ONE}/role`, ...manage, async (ctx) => {
    const form = await postedForm(ctx, purposeOf(ctx, 'member role'));
    const { listed: { member } } = await changeable(ctx);
    await attempt(ctx, 'role', () => changeMember(deps, { tenant: member.tenant, user: member.user, role: form.one('role') }, actorOf(ctx)));
  });

  for (const step of Object.keys(MEMBER_STEPS) as MemberStep[]) {
    router.get(`${ONE}/${step}`, ...manage, async (ctx) => {
      const { listed, roles } = await changeable(ctx);
      const role = roleNamed(roles, listed.member.role);
      showStep(ctx, MEMBER_STEPS[step]({ ...namesIn(ctx, listed), role, apps: await countAppsOfMember(deps, listed.member) }), { path: step });
    });

    router.post(`${ONE}/${step}`, ...manage, async (ctx) => {
      await postedForm(ctx, purposeOf(ctx, `member ${step}`));
      const which = { tenant: adminOf(ctx).tenant.id, user: ctx['params'].user as UserId };
      // Removed already, by whomever: that has to be as certain as if it had been done here (I2).
      if (step === 'remove' && !(await readMember(deps, which.tenant, which.user))) await removeMember(deps, which, actorOf(ctx));
      await changeable(ctx);
      const status = step === 'deactivate' ? 'inactive' : 'active';
      await attempt(ctx, step, () => (step === 'remove' ? removeMember(deps, which, actorOf(ctx)) : changeMember(deps, { ...which, status }, actorOf(ctx))));
    });
  }

  return router;

  async function memberInPath(ctx: WebContext): Promise<ListedMember> {
    const { tenant } = adminOf(ctx);
    const record = await readMember(deps, tenant.id, ctx['params'].user as UserId);
    const [listed] = record ? await described(deps, tenant.id, [record.value]) : [];
    if (!listed) throw new AppError('not_found', { detail: 'There is no such member, or not any more.' });
    return listed;
  }

  /** A member whom this person may change; the commit asks once more. */
  async function changeable(ctx: WebContext) {
    const [listed, roles] = await Promise.all([memberInPath(ctx), rolesInWords(deps, adminOf(ctx).tenant.id)]);
    if (!isWithin(roleNamed(roles, listed.member.role), adminOf(ctx))) throw new AppError('forbidden', { detail: 'This member may do more than you may. An owner can change it.' });
    return { listed, roles };
  }

  /** What stands against it is said on the member's page. */
  async function attempt(ctx: WebContext, done: MemberStep | 'role', change: () => Promise<unknown>): Promise<void> {
    const [{ tenant }, self] = [adminOf(ctx), isSelf({ user: ctx['params'].user as UserId }, adminOf(ctx))];
    try {
      await change();
    } catch (error) {
      if (!(error instanceof AppError) || !['conflict', 'forbidden', 'invalid_request'].includes(error.code)) throw error;
      ctx.status = error.code === 'invalid_request' ? 422 : error.entry.status;
      return showMember(ctx, await memberInPath(ctx), error.detail ?? error.fields?.[0]?.detail ?? error.entry.sentence);
    }
    // Who took these pages from themselves is led where they may be.
    if (self && done !== 'reactivate') return redirectTo(ctx, '/account');
    redirectTo(ctx, done === 'remove' ? `${membersPath(tenant.id)}?done=remove` : `${pathOf(ctx)}?done=${done}`);
  }

  async function showMember(ctx: WebContext, { member, person, groups }: ListedMember, problem = ''): Promise<void> {
    const { tenant, capabilities } = adminOf(ctx);
    const here = memberPath(tenant.id, member.user);
    const place = placeInList(ctx, { path: here, of: ['apps of a member', tenant.id, member.user], key: deps.cursorKey });
    const [{ apps, next }, roles] = await Promise.all([appsOfMember(deps, member, { after: place.after, limit: ON_A_PAGE }), rolesInWords(deps, tenant.id)]);
    const role = roleNamed(roles, member.role);
    const seesApps = capabilities.includes('apps.view') || capabilities.includes('apps.manage');
    const name = nameOf({ member, person });
    const view = {
      name,
      email: displayText(person?.email ?? '', 254),
      inactive: member.status !== 'active',
      disabled: person?.status === 'disabled',
      role: role.name,
      groups: groups.map((each) => displayText(each)),
      joined: displayTime(member.joinedAt),
      notice: DONE.get(queryField(ctx, 'done')) ?? '',
      problem,
      apps: apps.map(({ grant, app, lastUse }) => ({
        app: appLine(app),
        href: seesApps ? appPath(tenant.id, grant.app) : '',
        type: grant.sharedAccess ? 'User with Shared Access' : 'User',
        since: displayTime(grant.createdAt),
        lastUse: lastUse === undefined ? null : displayTime(lastUse),
        remove: capabilities.includes('apps.manage') ? `${appPath(tenant.id, grant.app, 'subscribers', member.user, 'remove')}?from=member` : '',
      })),
      ...place.links(next),
      changes: capabilities.includes('members.manage') && isWithin(role, adminOf(ctx)),
      manages: capabilities.includes('members.manage'),
      roles: roles.filter((each) => isWithin(each, adminOf(ctx))).map((each) => ({ id: each.id, name: each.name, current: each.id === member.role })),
      here,
      list: membersPath(tenant.id),
    };
    render(ctx, 'administration/member', view, adminFrame(ctx, name, MEMBERS_SECTION));
  }

  function showStep(ctx: WebContext, step: Step, { path, fields = [] }: { path: MemberStep | 'role'; fields?: readonly { name: string; value: string }[] }): void {
    const form = { fields, action: `${pathOf(ctx)}/${path}`, back: pathOf(ctx), csrf: csrfToken(ctx, purposeOf(ctx, `member ${path}`)) };
    renderStep(ctx, step, form, adminFrame(ctx, step.heading, MEMBERS_SECTION));
  }
}

const pathOf = (ctx: WebContext): string => memberPath(adminOf(ctx).tenant.id, ctx['params'].user as UserId);
const nameOf = ({ member, person }: Pick<ListedMember, 'member' | 'person'>): string => displayText(person?.name ?? '') || member.user;
const namesIn = (ctx: WebContext, listed: ListedMember) => ({ member: nameOf(listed), tenant: adminOf(ctx).tenant.name, self: isSelf(listed.member, adminOf(ctx)) });

const DONE: ReadonlyMap<string, string> = new Map([
  ['role', 'The role was changed. It holds from now on.'],
  ['deactivate', 'They are inactive now: nothing works for them here.'],
  ['reactivate', 'They are active again.'],
  ['remove', 'The member was removed.'],
  ['removed-one', 'The app was removed for them. Nothing of it works for them now.'],
]);

async function showMembers({ cursorKey, ...deps }: AdministrationPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const text = queryField(ctx, 'q').trim().slice(0, 100);
  const here = membersPath(tenant.id);
  const place = placeInList(ctx, { path: here, filter: { q: text }, of: ['members', tenant.id, text], key: cursorKey });
  const [{ members, next }, roles] = await Promise.all([listMembers(deps, tenant.id, { text, after: place.after, limit: ON_A_PAGE }), rolesInWords(deps, tenant.id)]);
  const view = {
    action: here,
    text,
    notice: DONE.get(queryField(ctx, 'done')) ?? '',
    rows: members.map(({ member, person, groups }) => ({
      name: nameOf({ member, person }),
      email: displayText(person?.email ?? '', 254),
      href: memberPath(tenant.id, member.user),
      role: roleNamed(roles, member.role).name,
      inactive: member.status !== 'active',
      groups: groups.map((each) => displayText(each)).join(', '),
    })),
    nothing: next === undefined ? 'No member fits this.' : 'None among those that were looked at so far.',
    all: here,
    ...place.links(next),
    nextWords: text !== '' && members.length < ON_A_PAGE ? 'Search further' : 'Next page',
  };
  render(ctx, 'administration/members', view, adminFrame(ctx, 'Members', MEMBERS_SECTION));
}
