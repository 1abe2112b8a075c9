import { declaredFor, isShut, mayUse } from '#src/approvals/decide.ts';
import type { UserId } from '#src/ids.ts';
import type { Capability } from '#src/tenants/role.ts';

import type { AppStanding } from './app-standing.ts';
import { standingPermissions, type StandingPermission } from './permission-state.ts';

/** Where a member can go on with an app in a tenant. `kind` says what the address is for; pages say it in words. */
export type Step =
  | { readonly is: 'open' | 'install' }
  | { readonly is: 'ask' }
  | { readonly is: 'see_request'; readonly review: string }
  | { readonly is: 'install_for_all' }
  | { readonly is: 'manage' };

/** How the app stands for a person in a tenant, in one word, and the steps that help. The first is the one to show. */
export interface Prospect {
  readonly state:
    | 'connected'
    | 'available'
    | 'in_review'
    | 'needs_approval'
    | 'denied'
    | 'not_for_you'
    | 'withdrawn'
    | 'blocked'
    | 'for_organisation'
    | 'installed';
  /** The permissions that stand in the way. */
  readonly lacking: readonly StandingPermission[];
  readonly steps: readonly Step[];
}

export interface Person {
  readonly user: UserId;
  readonly capabilities: readonly Capability[];
}

export function prospectOf(standing: AppStanding, person: Person): Prospect {
  const personal = personally(standing, person);
  const forAll = forOrganisation(standing, person);
  return { ...personal, steps: [...personal.steps, ...forAll] };
}

/** Nothing that is asked for, or denied, locks out somebody who is connected (R10). */
function personally(standing: AppStanding, { user }: Person): Prospect {
  const { app, approval, open, grant, installation, member } = standing;
  const say = (state: Prospect['state'], steps: readonly Step[] = [], lacking: readonly StandingPermission[] = []): Prospect => ({ state, lacking, steps });
  if (approval?.status === 'blocked') return say('blocked');
  if (grant) return say('connected', [{ is: 'open' }]);

  const asked = open?.requests.some((request) => request.user === user) ? open : undefined;
  const askOr: Step[] = asked ? [{ is: 'see_request', review: asked.id }] : [{ is: 'ask' }];
  const required = standingPermissions(standing).filter((each) => each.required);
  const mine = required.filter(({ identity }) => identity === 'user');
  const never = mine.filter(({ state }) => state === 'blocked');
  if (never.length > 0) return say('blocked', [], never);
  const closed = isShut(approval) || (member !== undefined && !mayUse(member.value, app));
  const lacking = mine.filter(({ state }) => state !== 'approved' && state !== 'granted');
  const isPersonal = declaredFor(app.version, 'user').length > 0;
  // What it could do without is in review: it can be used all the same.
  if (asked && (closed || !isPersonal || lacking.length > 0)) return say('in_review', askOr);
  if (isShut(approval)) return say('withdrawn', askOr);
  if (closed) return say('not_for_you', askOr);

  if (!isPersonal) {
    if (installation) return say('installed', [{ is: 'open' }]);
    const lackingHere = required.filter(({ state }) => state !== 'approved' && state !== 'granted');
    return lackingHere.length > 0 ? say('needs_approval', askOr, lackingHere) : say('for_organisation');
  }
  if (lacking.length === 0) return say('available', [{ is: 'install' }, ...(asked ? askOr : [])]);
  return say(lacking.some(({ state }) => state === 'denied') ? 'denied' : 'needs_approval', askOr, lacking);
}

function forOrganisation(standing: AppStanding, { capabilities }: Person): Step[] {
  const { app, approval, installation } = standing;
  if (!capabilities.includes('apps.manage')) return [];
  if (installation) return [{ is: 'manage' }];
  if (isShut(approval) || declaredFor(app.version, 'tenant').length === 0) return [];
  return canInstall(standing) ? [{ is: 'install_for_all' }] : [];
}

/** Whether every permission that the app needs for the tenant may be given without asking more. */
export const canInstall = (standing: AppStanding): boolean =>
  !isShut(standing.approval) &&
  standingPermissions(standing)
    .filter(({ identity, required }) => identity === 'tenant' && required)
    .every(({ state }) => state === 'approved' || state === 'granted');
