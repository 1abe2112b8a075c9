import { mayUse } from '#src/approvals/decide.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import type { Identity } from '#src/approvals/rules.ts';

import { readAppStanding, type AppStanding } from './app-standing.ts';
import { standingOf, type StandingPermission } from './permission-state.ts';

/** Who can help, in a word: the member in question, those who review, those who manage apps, or nobody as things are. */
export type WhoCanGrant = 'member' | 'reviewers' | 'owners' | 'app_admins' | 'developer' | 'nobody';

/** In words that tell a stranger nothing about the people of the tenant. */
const WHO_IN_WORDS: Readonly<Record<WhoCanGrant, string>> = {
  member: 'The member for whom the app acts.',
  reviewers: 'Those who decide on apps in this tenant.',
  owners: 'An owner of this tenant.',
  app_admins: 'Somebody who manages apps in this tenant.',
  developer: 'Nobody yet: the app has to declare it in a new version.',
  nobody: 'Nobody, unless this tenant changes its rules.',
};

/** The answer to a missing permission (L7): what, for which identity, who can grant it, and where. */
export interface MissingPermission extends Pick<StandingPermission, 'permission' | 'identity' | 'state'> {
  readonly who: WhoCanGrant;
  readonly whoInWords: string;
  /** Leads the person who can grant it straight to doing so, and refuses everybody else in plain words. */
  readonly link: string;
}

export interface MissingDeps extends InstallationDeps {
  readonly issuer: string;
}

export interface Wanted {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly identity: Identity;
  readonly permission: string;
}

/** `undefined` for an app without a version in use. */
export async function missingPermission(deps: MissingDeps, wanted: Wanted & { readonly user?: UserId }): Promise<MissingPermission | undefined> {
  const facts = await readAppStanding(deps, wanted.tenant, wanted.app, wanted.user);
  if (!facts) return undefined;
  const standing = standingOf(wanted.permission, wanted.identity, facts);
  const who = whoCanGrant(standing, facts);
  const { permission, identity, state } = standing;
  return { permission, identity, state, who, whoInWords: WHO_IN_WORDS[who], link: new URL(allowPath(wanted), deps.issuer).href };
}

export function whoCanGrant({ identity, state, because, byOwner }: StandingPermission, facts: AppStanding): WhoCanGrant {
  if (because === 'not_declared' || because === 'not_in_catalogue') return 'developer';
  if (state === 'blocked') return 'nobody';
  if (state !== 'granted' && state !== 'approved') return byOwner ? 'owners' : 'reviewers';
  if (identity === 'tenant') return 'app_admins';
  return facts.member === undefined || mayUse(facts.member.value, facts.app) ? 'member' : 'reviewers';
}

/** The link of L7. */
export const allowPath = ({ app, tenant, identity, permission }: Wanted): string =>
  `/apps/${encodeURIComponent(app)}/allow?${new URLSearchParams({ tenant, identity, permission }).toString()}`;
