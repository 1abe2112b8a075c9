import { isForTenant, type App, type Version } from '#src/apps/app.ts';
import type { Catalogue, Permission } from '#src/apps/catalogue.ts';
import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import type { Member } from '#src/tenants/member.ts';

import type { Approval } from './approval.ts';
import { isAvailableTo, type Availability } from './availability.ts';
import type { Identity, Rules, Treatment } from './rules.ts';

/** Why a permission is treated as it is; the pages and the API say it in words. */
export type Because =
  | 'app_blocked'
  | 'app_withdrawn'
  | 'of_another_tenant'
  | 'not_in_catalogue'
  | 'not_declared'
  | 'exception'
  | 'approved'
  | 'trusted'
  | 'sensitive'
  | 'level';

export interface Decision {
  readonly permission: string;
  readonly identity: Identity;
  readonly treatment: Treatment;
  readonly because: Because;
  /** For `review`: whether only an owner can decide, because it is restricted. */
  readonly byOwner: boolean;
}

/** What a decision is made from. All of it is of one tenant and one app. */
export interface AppInTenant {
  readonly app: App;
  readonly version: Version;
  readonly rules: Rules;
  readonly approval: Approval | undefined;
  readonly catalogue: Catalogue;
}

const STRICTEST: readonly Treatment[] = ['block', 'review', 'auto'];

const strictest = (a: Treatment, b: Treatment): Treatment => STRICTEST.find((each) => each === a || each === b) ?? a;

const isTrusted = ({ app, rules: { trust } }: Pick<AppInTenant, 'app' | 'rules'>): boolean =>
  trust.apps.includes(app.id) || (app.developer.verified && trust.developers.includes(app.developer.name));

export const declaredFor = ({ permissions }: Pick<Version, 'permissions'>, identity: Identity): readonly string[] => [
  ...permissions[identity].required,
  ...permissions[identity].optional,
];

/**
 * What a tenant does with one requested permission (L8, L9, L11). The first line that fits says it: a block of the
 * whole app, then of this permission, then what was approved, then the rules from the particular to the general.
 */
export function decide(name: string, identity: Identity, standing: AppInTenant): Decision {
  const { app, version, rules, approval, catalogue } = standing;
  const permission = catalogue.find(name);
  const exception = rules.exceptions.find((each) => each.permission === name && each.identity === identity);
  const say = (treatment: Treatment, because: Because): Decision => ({
    permission: name,
    identity,
    treatment,
    because,
    byOwner: treatment === 'review' && permission?.level === 'restricted',
  });

  if (approval?.status === 'blocked') return say('block', 'app_blocked');
  if (!isForTenant(app, rules.tenant)) return say('block', 'of_another_tenant');
  if (!permission?.identities.includes(identity)) return say('block', 'not_in_catalogue');
  if (!declaredFor(version, identity).includes(name)) return say('block', 'not_declared');
  if (exception?.treatment === 'block') return say('block', 'exception');
  if (approval?.status === 'withdrawn') return say('review', 'app_withdrawn');
  if (approval?.permissions[identity].includes(name)) return say('auto', 'approved');
  if (exception) return say(exception.treatment, 'exception');
  if (isTrusted(standing)) return say('auto', 'trusted');
  return byLevel(permission, identity, rules, say);
}

function byLevel(
  { level, sensitive }: Permission,
  identity: Identity,
  rules: Rules,
  say: (treatment: Treatment, because: Because) => Decision,
): Decision {
  const treatment = rules.levels[identity][level];
  const withSensitive = identity === 'user' && sensitive ? strictest(treatment, rules.sensitive) : treatment;
  return say(withSensitive, withSensitive === treatment ? 'level' : 'sensitive');
}

/**
 * The permissions that the version declares for an identity and that act without asking anybody (any more). Not the rights
 * on nodes among them, which are given with a node: see `effectiveResources`.
 */
export const allowedPermissions = (identity: Identity, standing: AppInTenant): string[] =>
  declaredFor(standing.version, identity).filter((name) => !isResourcePermission(name) && decide(name, identity, standing).treatment === 'auto');

/** For whom the app is there: what was approved, or what the trust names, or everyone where nobody had to be asked. */
export function availabilityOf(standing: AppInTenant): Availability {
  const { approval, rules } = standing;
  if (approval?.status === 'approved') return approval.availability;
  return isTrusted(standing) ? rules.trust.availability : { kind: 'everyone' };
}

/** Whether the app may do anything at all in the tenant: what was taken back is back only after a new yes (Z10). */
export const isShut = (approval: Approval | undefined): boolean => approval?.status === 'blocked' || approval?.status === 'withdrawn';

export const mayUse = (member: Pick<Member, 'user' | 'groups'>, standing: AppInTenant): boolean =>
  !isShut(standing.approval) && isForTenant(standing.app, standing.rules.tenant) && isAvailableTo(availabilityOf(standing), member);

/** Whether groups can decide on who may use the app: only then it matters which of a member's groups there still are. */
export const asksForGroups = (standing: AppInTenant): boolean => availabilityOf(standing).kind === 'some';

/** Under which generation something given now stands. */
export const generationOf = (approval: Approval | undefined): number => approval?.generation ?? 0;

/** Under which count of `Approval.shuts` a code or token given now stands. */
export const shutsOf = (approval: Approval | undefined): number => approval?.shuts ?? 0;
