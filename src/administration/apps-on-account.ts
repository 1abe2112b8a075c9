import type { App } from '#src/apps/app.ts';
import { appsByIds } from '#src/apps/app-store.ts';
import { approvalKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { openReviewKey } from '#src/approvals/review-store.ts';
import { tenantApps } from '#src/approvals/tenant-apps.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, ReviewId, TenantId } from '#src/ids.ts';
import { installationKey } from '#src/installations/installation-records.ts';
import { installationStands } from '#src/installations/installed-app.ts';
import type { Installation } from '#src/installations/installation.ts';
import { wordsOf } from '#src/words.ts';

import { appState, type AppState } from './app-state.ts';
import { countSubscribers, subscriberCountKey, type Count } from './count-subscribers.ts';

/** An app as it stands in a tenant. */
export interface AppOnAccount {
  readonly id: AppId;
  readonly app: App | undefined;
  readonly state: AppState;
  readonly approval: Approval | undefined;
  /** If one stands. */
  readonly installation: Installation | undefined;
  readonly review: ReviewId | undefined;
  readonly subscribers: Count;
  /** Whether a member passes shared access on to it. */
  readonly sharedAccess: boolean;
}

export interface AppsFilter {
  /** Each word begins a word of the app's or the developer's name. */
  readonly text: string;
  readonly state: AppState | '';
  /** Whether it acts for members, or for the whole organisation. */
  readonly identity: 'user' | 'tenant' | '';
  readonly sharedAccess: boolean;
}

/** Counted for each line of a list: enough for most, and little to read. */
const COUNTED_IN_LISTS = 20;
/** So many names are read and put in order at once; hardly a tenant has more apps. */
const CHUNK = 500;
/** How many apps one request looks at, at most, to fill a page. */
const MOST_LOOKED_AT = 150;

/** What stands in the tenant for each of these apps, in few round trips whatever hangs on them. */
export async function appsInTenant(deps: Deps, tenant: TenantId, apps: readonly { id: AppId; app: App | undefined }[], most = COUNTED_IN_LISTS): Promise<AppOnAccount[]> {
  const { store } = deps;
  const [approvals, installations, reviews, counts] = await Promise.all([
    store.read(...apps.map(({ id }) => approvalKey(tenant, id))),
    store.read(...apps.map(({ id }) => installationKey(tenant, id))),
    store.read(...apps.map(({ id }) => openReviewKey(tenant, id))),
    store.read(...apps.map(({ id }) => subscriberCountKey(tenant, id))),
  ]);
  return Promise.all(
    apps.map(async ({ id, app }, place): Promise<AppOnAccount> => {
      const approval = approvals[place]?.value;
      const installed = installations[place]?.value;
      const installation = installed && installationStands(installed, approval) ? installed : undefined;
      const review = reviews[place]?.value.review;
      const which = { tenant, app: id, generation: generationOf(approval) };
      const [subscribers, sharing] = await Promise.all([
        countSubscribers(deps, which, { most, counted: counts[place]?.value }),
        countSubscribers(deps, which, { most: 3, sharing: true }),
      ]);
      const sharedAccess = sharing.count > 0 || sharing.more;
      const hasSubscribers = subscribers.count > 0 || subscribers.more;
      const state = appState({ app, approval, installation, inReview: review !== undefined, hasSubscribers });
      return { id, app, state, approval, installation, review, subscribers, sharedAccess };
    }),
  );
}

/** Where a page ended: the chunk that it was of, and the last app in the order of that chunk. */
interface Place {
  readonly chunk: string | null;
  readonly name: string | null;
}

/** Every app that anybody in the tenant ever installed or decided on (Z6), by name. A page can be shorter though there is more. */
export async function appsOnAccount(
  deps: Deps,
  tenant: TenantId,
  filter: AppsFilter,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ apps: AppOnAccount[]; next: string | undefined }> {
  const found: AppOnAccount[] = [];
  let looked = 0;
  for (let place = placeIn(after); ; ) {
    const page = await tenantApps(deps, tenant, { ...(place.chunk !== null && { after: place.chunk }), limit: CHUNK });
    const named = await byName(deps, page.records.map(({ value }) => value.app), filter.text);
    const rest = named.filter(({ name }) => place.name === null || name > place.name);
    while (rest.length > 0) {
      const batch = rest.splice(0, limit - found.length);
      looked += batch.length;
      found.push(...(await appsInTenant(deps, tenant, batch)).filter((each) => passes(each, filter)));
      const goesOn = rest.length > 0 || page.next !== undefined;
      if (goesOn && (found.length >= limit || looked >= MOST_LOOKED_AT)) {
        return { apps: found, next: JSON.stringify({ chunk: place.chunk, name: batch.at(-1)?.name ?? null } satisfies Place) };
      }
    }
    if (page.next === undefined) return { apps: found, next: undefined };
    place = { chunk: page.next, name: null };
  }
}

function placeIn(after: string | undefined): Place {
  if (after === undefined) return { chunk: null, name: null };
  try {
    const { chunk = null, name = null } = JSON.parse(after) as Partial<Place>;
    return { chunk, name };
  } catch (cause) {
    throw new AppError('invalid_cursor', { cause });
  }
}

interface Named {
  readonly id: AppId;
  readonly app: App | undefined;
  /** What the list is in order of; the id makes it unique. */
  readonly name: string;
}

async function byName(deps: Deps, ids: readonly AppId[], text: string): Promise<Named[]> {
  const apps = await appsByIds(deps, ids);
  const wanted = wordsOf(text);
  return ids
    .map((id): Named => ({ id, app: apps.get(id), name: `${apps.get(id)?.name.toLocaleLowerCase('en') ?? ''} ${id}` }))
    .filter(({ app }) => {
      const words = wanted.length === 0 ? [] : wordsOf(`${app?.name} ${app?.developer.name}`);
      return wanted.every((word) => words.some((each) => each.startsWith(word)));
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const passes = ({ state, review, subscribers, installation, sharedAccess }: AppOnAccount, filter: AppsFilter): boolean =>
  (filter.state === '' || state === filter.state || (filter.state === 'in_review' && review !== undefined)) &&
  (filter.identity !== 'user' || subscribers.count > 0 || subscribers.more) &&
  (filter.identity !== 'tenant' || installation !== undefined) &&
  (!filter.sharedAccess || sharedAccess);
