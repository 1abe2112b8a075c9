import { appLine } from '#src/approvals/app-line.ts';
import { adminFrame, adminOf, type AdminSection } from '#src/http/admin-frame.ts';
import { displayTime } from '#src/http/display-time.ts';
import { placeInList } from '#src/http/place-in-list.ts';
import { queryField } from '#src/http/query-field.ts';
import { render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { lastUsesOfApps } from '#src/installations/last-use.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { requireSignedIn } from '#src/sign-in/signed-in.ts';

import { APP_STATES, STATE_WORDS, type AppState } from './app-state.ts';
import { appsOnAccount, type AppsFilter } from './apps-on-account.ts';
import { countWords } from './count-subscribers.ts';
import { appPath, appsPath } from './paths.ts';

export const APPS_SECTION: AdminSection = { label: 'Apps on account', path: 'apps', needs: ['apps.view', 'apps.manage'] };

export interface AdministrationPagesDeps extends InstallationDeps {
  /** Seals the places in lists that pages hand out. */
  readonly cursorKey: Uint8Array;
}

const ON_A_PAGE = 20;

/** Every app that anybody in the tenant installed (Z6). */
export function appsPages(deps: AdministrationPagesDeps): WebRouter {
  const router = createRouter();
  router.get('/admin/:tenant/apps', requireSignedIn(deps), requireAdmin(deps, ...APPS_SECTION.needs), async (ctx) => showApps(deps, ctx));
  return router;
}

function filterIn(ctx: WebContext): AppsFilter {
  const [state, identity] = [queryField(ctx, 'state'), queryField(ctx, 'identity')];
  return {
    text: queryField(ctx, 'q').trim().slice(0, 100),
    state: APP_STATES.find((each) => each === state) ?? '',
    identity: identity === 'user' || identity === 'tenant' ? identity : '',
    sharedAccess: queryField(ctx, 'shared') === 'yes',
  };
}

const inAddress = ({ text, state, identity, sharedAccess }: AppsFilter) => ({ q: text, state, identity, shared: sharedAccess ? 'yes' : '' });

async function showApps({ cursorKey, ...deps }: AdministrationPagesDeps, ctx: WebContext): Promise<void> {
  const { tenant } = adminOf(ctx);
  const filter = filterIn(ctx);
  const here = appsPath(tenant.id);
  const place = placeInList(ctx, { path: here, filter: inAddress(filter), of: ['apps on account', tenant.id, filter], key: cursorKey });
  const { apps, next } = await appsOnAccount(deps, tenant.id, filter, { after: place.after, limit: ON_A_PAGE });
  const uses = await lastUsesOfApps(deps, tenant.id, apps.map(({ id }) => id));
  const rows = apps.map(({ id, app, state, review, installation, subscribers, sharedAccess }) => {
    const used = uses.get(id);
    return {
      app: appLine(app),
      href: appPath(tenant.id, id),
      state: STATE_WORDS[state],
      inReview: review !== undefined && state !== 'in_review',
      forAll: installation !== undefined,
      subscribers: countWords(subscribers),
      sharedAccess,
      lastUse: used === undefined ? null : displayTime(used),
    };
  });
  const filtered = Object.values(inAddress(filter)).some((value) => value !== '');
  const view = {
    action: here,
    filter,
    states: APP_STATES.map((value: AppState) => ({ value, text: STATE_WORDS[value].text, current: value === filter.state })),
    rows,
    filtered,
    nothing: nothingWords({ filtered, goesOn: next !== undefined }),
    all: here,
    ...place.links(next),
    nextWords: filtered && rows.length < ON_A_PAGE ? 'Search further' : 'Next page',
  };
  render(ctx, 'administration/apps', view, adminFrame(ctx, 'Apps on account', APPS_SECTION));
}

function nothingWords({ filtered, goesOn }: { filtered: boolean; goesOn: boolean }): string {
  if (goesOn) return 'None among those that were looked at so far.';
  return filtered ? 'No app fits this.' : 'Nobody here has installed an app yet.';
}
