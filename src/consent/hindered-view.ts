import { requestPath, reviewPath } from '#src/approvals/review-paths.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { mayReview } from '#src/approvals/who-reviews.ts';
import { displayText } from '#src/http/display-text.ts';

import type { ChosenTenant, ConsentFacts, Face, TenantName } from './consent-view.ts';
import { canAsk, wishOf, type AskedScopes, type Hindrance } from './hindrance.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import { eitherOf, phrase, type Phrase } from './phrase.ts';
import { missingRight, wantedRight } from './node-part.ts';
import { missingRightIn } from './resource-choices.ts';
import { requestState, reviewLines, type ReviewLine } from './review-line.ts';

/** Nothing can be given here now: why, who can change that, and how to ask them. */
export interface HinderedView extends Face {
  readonly page: 'hindered';
  readonly tenant: TenantName;
  readonly why: Hindrance;
  readonly what: Phrase;
  /** What the app needs and has to be approved first. */
  readonly needed: readonly ReviewLine[];
  /** What the app needs and the tenant never gives. */
  readonly blocked: readonly PermissionLine[];
  readonly who: { readonly label: string; readonly names: Phrase };
  readonly ask: {
    readonly permissions: Readonly<Record<Identity, readonly string[]>>;
    readonly button: string;
    /** Asking leads to the review, which they can decide themselves, and not to the page of their request. */
    readonly decidesSelf: boolean;
    /** What comes after. */
    readonly afterwards: string;
  } | undefined;
  /** The request that this person made already and that covers all of it. */
  readonly pending: string | undefined;
  /** Another page where this can go on. */
  readonly elsewhere: { readonly href: string; readonly text: Phrase } | undefined;
  /** What the app is told beside `access_denied`. */
  readonly refusal: string;
}

interface Words {
  readonly heading: (app: string) => Phrase;
  readonly what: Phrase;
}

interface Names {
  readonly app: string;
  readonly tenant: string;
  readonly tenantIdentity: boolean;
  /** Which right is missing on what, or `''`. */
  readonly missingRight: string;
}

const WORDS: Readonly<Record<Hindrance, (names: Names) => Words>> = {
  other_tenants_app: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} cannot be used in ${tenant}`,
    what: phrase`${app} belongs to another organisation and works only there.`,
  }),
  app_blocked: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} is not allowed in ${tenant}`,
    what: phrase`${tenant} has blocked ${app}, so it can reach nothing there.`,
  }),
  app_withdrawn: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} is not allowed in ${tenant} any more`,
    what: phrase`${tenant} has taken back its approval of ${app}. It can be used again once somebody approves it anew.`,
  }),
  not_entitled: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} asks to act for ${tenant}`,
    what: phrase`${app} wants to act as itself, for all of ${tenant} and without anybody being signed in. Only somebody who manages apps there can allow that, and you do not.`,
  }),
  suspended: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} is suspended in ${tenant}`,
    what: phrase`Somebody stopped ${app} from acting for ${tenant}. Nothing can be added while that is so.`,
  }),
  out_of_availability: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} is not available to you in ${tenant}`,
    what: phrase`${tenant} allows ${app}, but only for some of its members, and you are not one of them.`,
  }),
  permission_blocked: ({ app, tenant }) => ({
    heading: (name) => phrase`${name} cannot be used in ${tenant}`,
    what: phrase`${app} cannot work without something that ${tenant} does not allow any app.`,
  }),
  approval_required: ({ app, tenant, tenantIdentity }) => ({
    heading: (name) => phrase`${name} needs approval in ${tenant}`,
    what: tenantIdentity
      ? phrase`${app} cannot act for ${tenant} before somebody else there has approved it.`
      : phrase`You cannot use ${app} with ${tenant} before somebody there has approved it.`,
  }),
  right_missing: ({ app, tenant, missingRight }) => ({
    heading: (name) => phrase`${name} needs what you cannot give in ${tenant}`,
    what: phrase`${app} cannot work without this: ${[{ text: missingRight, isName: false }]}`,
  }),
};

function refusalOf(why: Hindrance, missing: string): string {
  switch (why) {
    case 'other_tenants_app':
      return 'approval_blocked: the app cannot be used in this tenant.';
    case 'app_blocked':
      return 'approval_blocked: the tenant does not allow this app.';
    case 'app_withdrawn':
      return 'approval_required: the tenant has withdrawn its approval of this app.';
    case 'not_entitled':
      return 'not_installed: only a member who manages apps can let the app act for the tenant.';
    case 'suspended':
      return 'installation_suspended: the app is suspended in this tenant.';
    case 'out_of_availability':
      return 'out_of_availability: the tenant allows this app, but not for this member.';
    case 'permission_blocked':
      return `approval_blocked: the tenant does not allow what the app requires: ${missing}.`;
    case 'approval_required':
      return `approval_required: the tenant has to approve first what the app requires: ${missing}.`;
    case 'right_missing':
      return 'role_not_permitted: the person lacks the right on a resource that the app requires.';
  }
}

const AFTERWARDS = {
  approval_required: 'Once it is approved you get mail with a link that leads back to exactly this step.',
  not_entitled: 'You get mail once it is decided. Somebody who manages apps then installs it.',
} as Readonly<Partial<Record<Hindrance, string>>> & { readonly approval_required: string };

const inWords = ({ user, tenant }: AskedScopes, kind: 'inReview' | 'blocked'): string =>
  ([['user', user], ['tenant', tenant]] as const)
    .flatMap(([identity, sorted]) => (sorted?.missing ?? []).filter((name) => sorted?.[kind].includes(name)).map((name) => `${name} (${identity} identity)`))
    .join(', ');

export function hinderedView(
  facts: ConsentFacts,
  chosen: ChosenTenant,
  { why, asked, tenant, face }: { why: Hindrance; asked: AskedScopes; tenant: TenantName; face: (heading: (app: string) => Phrase) => Face },
): HinderedView {
  const { person, live } = facts;
  const { reviews } = chosen;
  const lacking = missingRightIn(asked, chosen);
  const names = { app: displayText(live.app.name) || live.app.id, tenant: tenant.name, tenantIdentity: asked.user === undefined, missingRight: lacking ? `${wantedRight(lacking)}. ${missingRight(lacking)}` : '' };
  const { heading, what } = WORDS[why](names);

  const permissions = wishOf(asked, why);
  const able = canAsk(why, permissions);
  const theirs = reviews.open?.requests.some(({ user }) => user === person.id) ? reviews.open : undefined;
  const covered = (['user', 'tenant'] as const).every((identity) =>
    permissions[identity].every((name) => requestState(name, identity, reviews, person.id)?.is === 'waiting'),
  );
  const waiting = able && covered ? theirs : undefined;
  const decidesSelf = able && mayReview({ byOwner: chosen.needsOwner }, chosen.standing.rules, chosen);
  const deciders = eitherOf(chosen.reviewers.map((name) => displayText(name)), `an owner of ${tenant.name}`);
  const managers = eitherOf(chosen.managers.map((name) => displayText(name)), `an owner of ${tenant.name}`);
  const missing = why === 'permission_blocked' ? inWords(asked, 'blocked') : inWords(asked, 'inReview');

  return {
    page: 'hindered',
    ...face(heading),
    tenant,
    why,
    what,
    needed: why === 'approval_required' || able ? neededLines(facts, chosen, permissions) : [],
    blocked: why === 'permission_blocked' ? permissionLines(missingOf(asked), facts.catalogue) : [],
    who: whoCan(why, { deciders, managers, decidesSelf }),
    ask: able && !waiting ? { permissions, button: decidesSelf ? 'Review it now' : 'Ask for approval', decidesSelf, afterwards: AFTERWARDS[why] ?? AFTERWARDS.approval_required } : undefined,
    pending: waiting && (decidesSelf ? reviewPath(waiting) : requestPath(waiting)),
    elsewhere: elsewhere(why, facts, chosen),
    refusal: refusalOf(why, missing),
  };
}

const missingOf = ({ user, tenant }: AskedScopes): readonly string[] =>
  [user, tenant].flatMap((sorted) => (sorted?.missing ?? []).filter((name) => sorted?.blocked.includes(name)));

const neededLines = (facts: ConsentFacts, { reviews }: ChosenTenant, permissions: Readonly<Record<Identity, readonly string[]>>): ReviewLine[] =>
  (['user', 'tenant'] as const).flatMap((identity) =>
    reviewLines(permissions[identity], identity, { catalogue: facts.catalogue, reviews, user: facts.person.id }),
  );

function whoCan(why: Hindrance, { deciders, managers, decidesSelf }: { deciders: Phrase; managers: Phrase; decidesSelf: boolean }): HinderedView['who'] {
  if (decidesSelf) return { label: 'Who decides', names: phrase`you can, yourself` };
  if (why === 'other_tenants_app') return { label: 'Who can change that', names: phrase`nobody here` };
  if (why === 'not_entitled') return { label: 'Who can allow it', names: managers };
  if (why === 'suspended') return { label: 'Who can change that', names: phrase`you can: resume it, then start again from the app` };
  if (why === 'right_missing') return { label: 'Who can help', names: phrase`somebody who manages it can give you the right, or connect the app themselves` };
  if (why === 'app_blocked' || why === 'permission_blocked') return { label: 'Who can tell you why', names: deciders };
  return { label: 'Who decides', names: deciders };
}

function elsewhere(why: Hindrance, { live }: ConsentFacts, { tenant }: ChosenTenant): HinderedView['elsewhere'] {
  if (why === 'suspended') return { href: `/admin/${encodeURIComponent(tenant.id)}/installations`, text: phrase`Go to the installations` };
  if (why === 'not_entitled') return { href: `/apps/${encodeURIComponent(live.app.id)}`, text: phrase`See the app’s page` };
  return undefined;
}
