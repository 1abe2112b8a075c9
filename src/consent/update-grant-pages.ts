import { AppError } from '#src/errors.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { postedForm, type PostedForm } from '#src/http/posted-form.ts';
import { redirectTo, render, type PageFrame } from '#src/http/render.ts';
import type { WebContext, WebRouter } from '#src/http/web-context.ts';
import { requireSignedIn } from '#src/sign-in/signed-in.ts';

import { setSharedAccess } from './change-grant.ts';
import { knownReviews } from './consent-facts.ts';
import { appInPath, hrefOf, ONE_APP, placeOfGrant, purposeOf } from './installed-app-pages.ts';
import type { InstalledApp, InstalledAppDeps } from './installed-app.ts';
import { permissionChoices, updateTo, type PermissionChoices } from './permission-choices.ts';
import { updateGrant } from './update-grant.ts';

/** Changing what one app may do for the person: its optional permissions, one by one, and shared access apart. */
export function addUpdateGrantPages(router: WebRouter, deps: InstalledAppDeps, frame: (ctx: WebContext, title: string) => PageFrame): void {
  const own = requireSignedIn(deps);

  router.post(`${ONE_APP}/shared-access`, own, async (ctx) => {
    const found = await appInPath(deps, ctx);
    const form = await postedForm(ctx, purposeOf('shared-access', found));
    const allowed = form.one('decision') === 'authorize';
    if (allowed && !form.has('shared_access')) return redirectTo(ctx, `${hrefOf(found)}?done=not-ticked#shared`);
    // Allowing needs somebody who shares; taking back is always possible.
    if (allowed && !found.sharedAccess?.from.length) throw new AppError('conflict', { detail: 'Nobody shares anything with you here just now.' });
    await setSharedAccess(deps, placeOfGrant(found), allowed, { kind: 'user', id: found.grant.user });
    redirectTo(ctx, `${hrefOf(found)}?done=${allowed ? 'shared' : 'not-shared'}`);
  });

  router.get(`${ONE_APP}/permissions`, own, async (ctx) => {
    const found = await appInPath(deps, ctx);
    const choices = await choicesOf(deps, found);
    if (!choices) return redirectTo(ctx, hrefOf(found));
    const view = { ...about(found), ...choices, later: choices.later.map(withQuestion(found)), csrf: csrfToken(ctx, purposeOf('permissions', found)) };
    render(ctx, 'account/update-permissions', view, frame(ctx, 'Update permissions'));
  });

  /** First the page that says what will happen; then, sent from there, it happens. */
  router.post(`${ONE_APP}/permissions`, own, async (ctx) => {
    const found = await appInPath(deps, ctx);
    const form = await postedForm(ctx, purposeOf('permissions', found));
    const choices = await choicesOf(deps, found);
    if (form.one('do') === 'confirm') return confirm(deps, ctx, { found, choices, form });
    const update = choices && updateTo(choices, form.all('permission'), form.all('node'));
    if (!choices || !update || Object.values(update).flat().length === 0) return redirectTo(ctx, `${hrefOf(found)}?done=same`);
    const words = (names: readonly string[]) => choices.choices.filter(({ name }) => names.includes(name));
    const view = { ...about(found), gains: words(update.add), loses: words(update.remove), nodes: choices.nodes.filter(({ name }) => update.removeNodes.includes(name)), csrf: csrfToken(ctx, purposeOf('permissions', found)) };
    render(ctx, 'account/confirm-permissions', view, frame(ctx, 'Update permissions'));
  });
}

const choicesOf = async (deps: InstalledAppDeps, { state, inTenant, grant, nodes }: InstalledApp): Promise<PermissionChoices | undefined> =>
  state === 'active' && inTenant
    ? permissionChoices(grant, inTenant, { nodes, reviews: await knownReviews(deps, grant.tenant, grant.app) })
    : undefined;

const about = (found: InstalledApp) => ({ app: found.face, tenant: found.tenantName, href: hrefOf(found) });

/** Where no request of this person waits or was refused, the link leads to making one. */
const withQuestion = ({ grant }: InstalledApp) => (line: PermissionChoices['later'][number]) => ({
  ...line,
  ask: `/apps/${encodeURIComponent(grant.app)}/ask?${new URLSearchParams({ tenant: grant.tenant, identity: 'user', permission: line.scopes[0] ?? '' }).toString()}`,
});

/** Exactly what the confirmation said: what is no such choice any more changes nothing at all (xC4). */
async function confirm(
  deps: InstalledAppDeps,
  ctx: WebContext,
  { found, choices, form }: { found: InstalledApp; choices: PermissionChoices | undefined; form: PostedForm },
): Promise<void> {
  const [add, remove, removeNodes] = [form.all('add'), form.all('remove'), form.all('remove_node')];
  const isChoice = (held: boolean) => (wanted: string) => choices?.choices.some((choice) => choice.name === wanted && choice.held === held) ?? false;
  const back = (done: string) => redirectTo(ctx, `${hrefOf(found)}?done=${done}`);
  const isNode = (wanted: string) => choices?.nodes.some(({ name, fixed }) => name === wanted && !fixed) ?? false;
  if (!add.every(isChoice(false)) || !remove.every(isChoice(true)) || !removeNodes.every(isNode)) return back('moved-on');
  try {
    await updateGrant(deps, placeOfGrant(found), { add, remove, removeNodes });
  } catch (error) {
    if (error instanceof AppError && ['consent_changed', 'app_disabled'].includes(error.code)) return back('moved-on');
    throw error;
  }
  back('updated');
}
