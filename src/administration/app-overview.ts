import { findApp, findLiveApp } from '#src/apps/app-store.ts';
import type { LiveApp } from '#src/apps/app.ts';
import { appLine, type AppLine } from '#src/approvals/app-line.ts';
import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { audienceWords } from '#src/approvals/audience-form.ts';
import type { Availability } from '#src/approvals/availability.ts';
import { availabilityOf, isShut, type AppInTenant } from '#src/approvals/decide.ts';
import { allowedNow, permissionWords, type PermissionWords } from '#src/approvals/permission-words.ts';
import { isTenantApp } from '#src/approvals/tenant-apps.ts';
import { installationScope } from '#src/consent/effective-permissions.ts';
import type { Actor } from '#src/events.ts';
import { displayTime } from '#src/http/display-time.ts';
import type { AppId, UserId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { lastUsesOfApps } from '#src/installations/last-use.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { usersByIds } from '#src/tenants/user-store.ts';

import { STATE_WORDS, type StateWord } from './app-state.ts';
import type { AppStep } from './app-steps.ts';
import { appsInTenant, type AppOnAccount } from './apps-on-account.ts';
import { countWords } from './count-subscribers.ts';

/** Counted for the page of one app. */
const COUNTED = 100;

/** An app on the pages about it. */
export interface AppInView extends AppOnAccount {
  readonly line: AppLine;
  /** `undefined` for an app without a version in use. */
  readonly standing: AppInTenant | undefined;
  /** Of the approval, for a change of just that; `null` where there is none. */
  readonly approvalVersion: number | null;
}

/** `undefined` for an app that the tenant has nothing to do with. */
export async function appInView(deps: InstallationDeps, { id: tenant }: Tenant, id: AppId): Promise<AppInView | undefined> {
  const [known, app, live, facts] = await Promise.all([isTenantApp(deps, tenant, id), findApp(deps, id), findLiveApp(deps, id), readApprovalFacts(deps, tenant, id)]);
  if (!known) return undefined;
  const [account] = await appsInTenant(deps, tenant, [{ id, app }], COUNTED);
  if (!account) return undefined;
  const inTenant = (each: LiveApp): AppInTenant => ({ ...each, rules: facts.rules, approval: facts.approval, catalogue: deps.catalogue });
  return { ...account, line: appLine(app), standing: live && inTenant(live), approvalVersion: facts.approvalRecord?.version ?? null };
}

type Moment = ReturnType<typeof displayTime>;

export interface OverviewView {
  readonly state: StateWord;
  readonly app: AppLine;
  readonly version: string;
  readonly subscribers: string;
  readonly counted: Moment | null;
  readonly sharedAccess: boolean;
  readonly lastUse: Moment | null;
  readonly approved: { readonly verb: string; readonly by: string; readonly when: Moment } | null;
  readonly availability: string;
  readonly installed: { readonly by: string; readonly when: Moment; readonly range: string } | null;
  /** What it can do right now. */
  readonly asItself: readonly PermissionWords[];
  readonly forMembers: readonly PermissionWords[];
  readonly steps: readonly AppStep[];
}

const DECIDED: Readonly<Record<'approved' | 'withdrawn' | 'blocked', string>> = { approved: 'Approved by', withdrawn: 'Withdrawn by', blocked: 'Blocked by' };

export async function overviewView(deps: InstallationDeps, tenant: Tenant, { line, state, approval, installation, subscribers, sharedAccess, standing, id }: AppInView): Promise<OverviewView> {
  const deciders = approval?.decidedBy.kind === 'user' ? [approval.decidedBy.id] : [];
  const [people, uses, availability, range] = await Promise.all([
    usersByIds(deps, [...deciders, ...(installation ? [installation.installedBy] : [])]),
    lastUsesOfApps(deps, tenant.id, [id]),
    standing ? audienceWords(deps, tenant, availabilityOf(standing)) : '',
    installation ? audienceWords(deps, tenant, asAvailability(installation.dataRange)) : '',
  ]);
  const nameOf = (user: UserId): string => people.get(user)?.name ?? 'Somebody who has left';
  const used = uses.get(id);
  const works = standing !== undefined && standing.app.status === 'active' && !isShut(approval);
  return {
    state: STATE_WORDS[state],
    app: line,
    version: standing ? String(standing.version.number) : '',
    subscribers: countWords(subscribers),
    counted: subscribers.countedAt === null ? null : displayTime(subscribers.countedAt),
    sharedAccess,
    lastUse: used === undefined ? null : displayTime(used),
    approved: approval ? { verb: DECIDED[approval.status], by: actorName(approval.decidedBy, nameOf), when: displayTime(approval.decidedAt) } : null,
    availability,
    installed: installation ? { by: nameOf(installation.installedBy), when: displayTime(installation.createdAt), range } : null,
    asItself: works && installation?.status === 'active' ? permissionWords(installationScope(installation, standing), deps.catalogue) : [],
    forMembers: works ? permissionWords(allowedNow(standing).user, deps.catalogue) : [],
    steps: stepsFor({ approval, installation, state }),
  };
}

const asAvailability = (range: NonNullable<AppInView['installation']>['dataRange']): Availability => (range.kind === 'all' ? { kind: 'everyone' } : range);

function actorName(actor: Actor, nameOf: (user: UserId) => string): string {
  if (actor.kind === 'user') return nameOf(actor.id);
  return actor.kind === 'operator' ? 'The operator' : actor.kind === 'app' ? 'The app' : 'Assent itself';
}

/** What can be done to it now, the mildest first. */
export function stepsFor({ approval, installation, state }: Pick<AppInView, 'approval' | 'installation' | 'state'>): AppStep[] {
  const shut = isShut(approval);
  return [
    ...(installation ? [installation.status === 'suspended' ? ('resume' as const) : ('suspend' as const), 'uninstall' as const] : []),
    ...(shut || state === 'uninstalled' ? [] : ['withdraw' as const]),
    ...(approval?.status === 'blocked' ? ['unblock' as const] : ['block' as const]),
    ...(state === 'uninstalled' ? [] : ['remove' as const]),
  ];
}
