import type { App, Version } from '#src/apps/app.ts';
import type { Catalogue, Permission } from '#src/apps/catalogue.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { launchPathOf } from '#src/consent/installed-apps.ts';
import { appFace, safeLink, type AppFace } from '#src/consent/app-face.ts';
import { requestPath } from '#src/approvals/review-paths.ts';
import type { Badge } from '#src/http/badge.ts';
import { displayText } from '#src/http/display-text.ts';
import type { ReviewId } from '#src/ids.ts';
import type { Tenant } from '#src/tenants/tenant.ts';

import type { AppStanding } from './app-standing.ts';
import { prospectOf, type Person, type Prospect, type Step } from './next-step.ts';
import { standingPermissions, type PermissionState } from './permission-state.ts';

export interface ListedApp {
  readonly href: string;
  readonly name: string;
  readonly initial: string;
  readonly developer: string;
  readonly verified: boolean;
  readonly tagline: string;
}

export interface PermissionInWords extends Pick<Permission, 'title' | 'explanation' | 'level' | 'sensitive'> {
  readonly required: boolean;
  /** How it stands in the tenant that the page is about. */
  readonly badge: Badge | undefined;
}

export interface IdentityPart {
  readonly identity: Identity;
  readonly heading: string;
  readonly about: string;
  readonly permissions: readonly PermissionInWords[];
}

export interface Button {
  readonly label: string;
  readonly href: string;
  readonly primary: boolean;
}

export interface TenantPart {
  readonly name: string;
  readonly badge: Badge;
  readonly words: string;
  readonly lacking: readonly string[];
  readonly buttons: readonly Button[];
  readonly others: readonly { readonly name: string; readonly href: string }[];
}

export interface AppView {
  readonly app: AppFace;
  readonly tagline: string;
  readonly homepage: string | undefined;
  readonly sharedAccess: boolean;
  readonly parts: readonly IdentityPart[];
  readonly tenant: TenantPart | undefined;
}

export const appPath = (app: Pick<App, 'id'>, tenant?: string): string =>
  `/apps/${encodeURIComponent(app.id)}${tenant === undefined ? '' : `?${new URLSearchParams({ tenant }).toString()}`}`;

export function listedApp(app: App, tenant?: string): ListedApp {
  const name = displayText(app.name) || app.id;
  return {
    href: appPath(app, tenant),
    name,
    initial: appFace(app, 'https://app.invalid/').initial,
    developer: appFace(app, 'https://app.invalid/').developer.name,
    verified: app.developer.verified,
    tagline: displayText(app.tagline, 200),
  };
}

const PARTS: readonly Omit<IdentityPart, 'permissions'>[] = [
  { identity: 'user', heading: 'When it acts as you', about: 'Each member allows this for themselves. It never reaches more than the member could.' },
  { identity: 'tenant', heading: 'When it acts for the whole organisation', about: 'Somebody who manages apps allows this once, for the data they choose.' },
];

const STATES: Readonly<Record<PermissionState, Badge | undefined>> = {
  granted: { text: 'Allowed', tone: 'ok' },
  approved: undefined,
  in_review: { text: 'In review', tone: 'warn' },
  denied: { text: 'Not approved', tone: 'warn' },
  approval_required: { text: 'Needs approval', tone: 'warn' },
  blocked: { text: 'Blocked', tone: 'danger' },
};

export interface AppFacts {
  readonly live: { readonly app: App; readonly version: Version };
  readonly catalogue: Catalogue;
  /** The tenant that the page is about, for a person who is a member of it. */
  readonly chosen: { readonly tenant: Tenant; readonly standing: AppStanding; readonly person: Person } | undefined;
  readonly others: readonly Tenant[];
  readonly issuer: string;
}

export function appView({ live, catalogue, chosen, others, issuer }: AppFacts): AppView {
  const { app, version } = live;
  const states = new Map(chosen && standingPermissions(chosen.standing).map(({ permission, identity, state }) => [`${identity} ${permission}`, state]));
  const inWords = (identity: Identity, required: boolean) => (name: string): PermissionInWords[] => {
    const permission = catalogue.find(name);
    const state = states.get(`${identity} ${name}`);
    return permission ? [{ ...permission, required, badge: state && STATES[state] }] : [];
  };
  const parts = PARTS.map((part) => {
    const { required, optional } = version.permissions[part.identity];
    return { ...part, permissions: [...required.flatMap(inWords(part.identity, true)), ...optional.flatMap(inWords(part.identity, false))] };
  });
  return {
    app: appFace(app, version.redirectUris[0] ?? 'https://app.invalid/'),
    tagline: displayText(app.tagline, 200),
    homepage: safeLink(app.homepageUri),
    sharedAccess: version.sharedAccess,
    parts: parts.filter(({ permissions }) => permissions.length > 0),
    tenant: chosen && tenantPart(chosen, { live, others, issuer }),
  };
}

const PROSPECTS: Readonly<Record<Prospect['state'], Badge & { readonly words: string }>> = {
  connected: { text: 'Connected', tone: 'ok', words: 'You use it already.' },
  available: { text: 'Available', tone: 'ok', words: 'You can connect it; what it may do is asked then.' },
  installed: { text: 'Installed', tone: 'ok', words: 'It works for the whole organisation.' },
  in_review: { text: 'In review', tone: 'warn', words: 'You asked for it. Nobody has decided yet.' },
  needs_approval: { text: 'Needs approval', tone: 'warn', words: 'It needs more than members may allow by themselves:' },
  denied: { text: 'Not approved', tone: 'warn', words: 'What it needs was not approved:' },
  not_for_you: { text: 'For other members', tone: 'warn', words: 'It is there for other members, not for you yet.' },
  withdrawn: { text: 'Not approved', tone: 'warn', words: 'Its approval was taken back. It works again once somebody approves it anew.' },
  blocked: { text: 'Blocked', tone: 'danger', words: 'It is blocked here.' },
  for_organisation: { text: 'Not installed', tone: '', words: 'It works for whole organisations; somebody who manages apps installs it.' },
};

function tenantPart({ tenant, standing, person }: NonNullable<AppFacts['chosen']>, { live, others, issuer }: Pick<AppFacts, 'live' | 'others' | 'issuer'>): TenantPart {
  const prospect = prospectOf(standing, person);
  const { words, ...badge } = PROSPECTS[prospect.state];
  const buttons = prospect.steps.flatMap((step) => buttonOf(step, { tenant, live, issuer }));
  const cannotStart = live.version.launchUri === null && prospect.steps.some(({ is }) => is === 'install' || is === 'open');
  return {
    name: displayText(tenant.name) || tenant.id,
    badge,
    words: cannotStart ? `${words} Begin in the app itself: it leads you back here to say yes.` : words,
    lacking: prospect.lacking.map(({ permission }) => standing.app.catalogue.find(permission)?.title ?? permission),
    buttons: buttons.map((button, place) => ({ ...button, primary: place === 0 })),
    others: others.map(({ id, name }) => ({ name: displayText(name) || id, href: appPath(live.app, id) })),
  };
}

function buttonOf(step: Step, { tenant, live: { app, version }, issuer }: { tenant: Tenant; live: AppFacts['live']; issuer: string }): Omit<Button, 'primary'>[] {
  const here = (path: string) => `/apps/${encodeURIComponent(app.id)}/${path}?${new URLSearchParams({ tenant: tenant.id }).toString()}`;
  const admin = `/admin/${encodeURIComponent(tenant.id)}`;
  switch (step.is) {
    case 'open':
      return version.launchUri === null ? [] : [{ label: 'Open', href: launchPathOf(app.id, tenant.id) }];
    case 'install': {
      const href = startOf(version, { tenant: tenant.id, issuer });
      return href === undefined ? [] : [{ label: 'Install', href }];
    }
    case 'ask':
      return [{ label: 'Ask for approval', href: here('ask') }];
    case 'see_request':
      return [{ label: 'See your request', href: requestPath({ tenant: tenant.id, id: step.review as ReviewId }) }];
    case 'install_for_all':
      return [{ label: 'Install for the whole organisation', href: here('install') }];
    case 'manage':
      return [{ label: 'Manage the installation', href: `${admin}/installations/${encodeURIComponent(app.id)}` }];
  }
}

/**
 * The app's launch URL, told where it was opened from (OpenID Connect Core, section 4: a login that a third party
 * begins), so that the app can begin its own authorization. Only the app can: it alone knows state and PKCE.
 */
export function startOf({ launchUri }: Version, { tenant, issuer }: { tenant: string; issuer: string }): string | undefined {
  if (launchUri === null) return undefined;
  const url = new URL(launchUri);
  url.searchParams.set('iss', issuer);
  url.searchParams.set('tenant', tenant);
  return url.href;
}
