import { removeGrant } from '#src/consent/change-grant.ts';
import { confirmNoGrantOf } from '#src/consent/grant-store.ts';
import { AppError } from '#src/errors.ts';
import { adminFrame, adminOf, adminPath } from '#src/http/admin-frame.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { displayText } from '#src/http/display-text.ts';
import { displayTime } from '#src/http/display-time.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { queryField } from '#src/http/query-field.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { renderStep } from '#src/http/step-page.ts';
import { createRouter, type WebContext, type WebMiddleware, type WebRouter } from '#src/http/web-context.ts';
import type { UserId } from '#src/ids.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';

import { APP, appInPath, frameOf, purposeOf } from './app-pages.ts';
import { removeOneStep } from './app-steps.ts';
import { APPS_SECTION, type AdministrationPagesDeps } from './apps-pages.ts';
import { membersInWords } from './count-subscribers.ts';
import { appPath, memberPath } from './paths.ts';
import { PERMISSION_TYPES, subscriberOf, subscribersOf, type Subscriber } from './subscribers.ts';

const ON_A_PAGE = 25;
const ONE = `${APP}/subscribers/:user/remove`;

/** The members who have an app (Z6), and taking it from one of them. */
export function subscriberPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  const manage: WebMiddleware[] = [requireSignedIn(deps), requireAdmin(deps, 'apps.manage')];
  router.get(`${APP}/subscribers`, requireSignedIn(deps), requireAdmin(deps, ...APPS_SECTION.needs), async (ctx) => showSubscribers(deps, ctx));

  router.get(ONE, ...manage, async (ctx) => {
    const [app, found] = await Promise.all([appInPath(deps, ctx), subscriberInPath(ctx)]);
    const { tenant } = adminOf(ctx);
    const step = removeOneStep({
      app: app.line.name,
      tenant: tenant.name,
      member: nameOf(found),
      sharedAccess: found.grant?.sharedAccess ?? false,
      installed: found.installation !== undefined,
    });
    const fromMember = queryField(ctx, 'from') === 'member';
    const form = {
      action: `${appPath(tenant.id, app.id, 'subscribers', found.user, 'remove')}${fromMember ? '?from=member' : ''}`,
      back: fromMember ? memberPath(tenant.id, found.user) : appPath(tenant.id, app.id, 'subscribers'),
      csrf: csrfToken(ctx, purposeOf(ctx, 'remove one')),
    };
    renderStep(ctx, step, form, adminFrame(ctx, step.heading, APPS_SECTION));
  });

  router.post(ONE, ...manage, async (ctx) => {
    await postedForm(ctx, purposeOf(ctx, 'remove one'));
    const { tenant } = adminOf(ctx);
    const app = await appInPath(deps, ctx);
    const { user } = await subscriberInPath(ctx).catch(async (error: unknown) => {
      // Removed already, by whomever: that has to be as certain as if it had been done here (I2).
      await confirmNoGrantOf(deps, tenant.id, ctx['params'].user as UserId, app.id);
      throw error;
    });
    await removeGrant(deps, { tenant: tenant.id, user, app: app.id }, actorOf(ctx));
    const where = queryField(ctx, 'from') === 'member' ? memberPath(tenant.id, user) : appPath(tenant.id, app.id, 'subscribers');
    redirectTo(ctx, `${where}?done=removed-one`);
  });

  return router;

  /** Only one with a grant: there is nothing else to take from one member. */
  async function subscriberInPath(ctx: WebContext): Promise<Subscriber> {
    const { app, user } = ctx['params'] as { app: Parameters<typeof subscriberOf>[2]; user: UserId };
    const found = await subscriberOf(deps, adminOf(ctx).tenant.id, app, user);
    if (!found?.grant) throw new AppError('not_found', { detail: 'This member does not have the app, or not any more.' });
    return found;
  }
}

const nameOf = ({ person, user }: Pick<Subscriber, 'person' | 'user'>): string => displayText(person?.name ?? '') || user;

async function showSubscribers({ cursorKey, ...deps }: AdministrationPagesDeps, ctx: WebContext): Promise<void> {
  const app = await appInPath(deps, ctx);
  const { tenant, capabilities } = adminOf(ctx);
  const text = queryField(ctx, 'q').trim().slice(0, 100);
  const type = PERMISSION_TYPES.find((each) => each === queryField(ctx, 'type')) ?? '';
  const here = appPath(tenant.id, app.id, 'subscribers');
  const place = placeInList(ctx, { path: here, filter: { q: text, type }, of: ['subscribers', tenant.id, app.id, text, type], key: cursorKey });
  const { subscribers, next } = await subscribersOf(deps, tenant.id, app.id, { text, type, after: place.after, limit: ON_A_PAGE });
  const manages = capabilities.includes('apps.manage');
  const rows = subscribers.map((each) => ({
    name: nameOf(each),
    email: displayText(each.person?.email ?? '', 254),
    href: memberPath(tenant.id, each.user),
    inactive: each.member.status !== 'active',
    type: each.type,
    own: each.installation && each.grant ? (each.grant.sharedAccess ? 'Also for themselves, with shared access' : 'Also for themselves') : '',
    since: displayTime(each.since),
    lastUse: each.lastUse === undefined ? null : displayTime(each.lastUse),
    remove: manages && each.grant ? appPath(tenant.id, app.id, 'subscribers', each.user, 'remove') : '',
    installation: manages && !each.grant ? adminPath(tenant.id, 'installations', app.id) : '',
  }));
  const filtered = text !== '' || type !== '';
  const view = {
    ...frameOf(ctx, app, 'subscribers'),
    action: here,
    text,
    types: PERMISSION_TYPES.map((value) => ({ value, current: value === type })),
    count: `Connected by ${membersInWords(app.subscribers)}`,
    counted: app.subscribers.countedAt === null ? null : displayTime(app.subscribers.countedAt),
    rows,
    filtered,
    nothing: next === undefined ? (filtered ? 'No subscriber fits this.' : 'Nobody has it now.') : 'None among those that were looked at so far.',
    all: here,
    ...place.links(next),
    nextWords: filtered && rows.length < ON_A_PAGE ? 'Search further' : 'Next page',
  };
  render(ctx, 'administration/subscribers', view, adminFrame(ctx, `Subscribers of ${app.line.name}`, APPS_SECTION));
}
