import type { AudienceForm } from '#src/approvals/audience-form.ts';
import type { LiveApp } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { generationOf, type AppInTenant } from '#src/approvals/decide.ts';
import { displayText } from '#src/http/display-text.ts';
import type { TenantId } from '#src/ids.ts';
import type { Installation } from '#src/installations/installation.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { Capability } from '#src/tenants/role.ts';
import type { User } from '#src/tenants/user.ts';

import { appFace, type AppFace } from './app-face.ts';
import type { Membership } from './choose-tenant.ts';
import type { ConsentDraft } from './consent-draft.ts';
import type { Grant } from './grant.ts';
import { hindrance, identitiesOf, type AskedScopes, type Hindrance } from './hindrance.ts';
import { hinderedView, type HinderedView } from './hindered-view.ts';
import { permissionLines } from './permission-line.ts';
import { eitherOf, phrase, type Phrase } from './phrase.ts';
import { sortScopes } from './requested-scopes.ts';
import { requestState, type KnownReviews } from './review-line.ts';
import { missingRightIn, type ResourceChoice } from './resource-choices.ts';
import type { ReceivedDelegation } from './shared-access-offer.ts';
import { mayDecide, standingInstallation, tenantPart, type TenantPart } from './tenant-part.ts';
import { heldBefore, standingGrant, userPart, type UserPart } from './user-part.ts';

export type { HinderedView };

export interface ConsentFacts {
  readonly request: PendingRequest;
  readonly person: User;
  /** Where the person can use an app at all. */
  readonly memberships: readonly Membership[];
  /** The tenant that the page is about; `undefined` when the wanted one is not among them. */
  readonly chosen: ChosenTenant | undefined;
  readonly live: LiveApp;
  readonly catalogue: Catalogue;
  readonly draft: ConsentDraft | undefined;
}

export interface ChosenTenant extends Membership {
  readonly capabilities: readonly Capability[];
  readonly slotVersion: number | null;
  readonly grant: Grant | undefined;
  readonly received: readonly ReceivedDelegation[];
  readonly standing: AppInTenant;
  readonly approvalVersion: number | null;
  readonly reviews: KnownReviews;
  /** Whether it takes an owner to decide on what this request needs approval for. */
  readonly needsOwner: boolean;
  /** Names of those who decide on it. */
  readonly reviewers: readonly string[];
  /** Names of those who can let the app act for the tenant. */
  readonly managers: readonly string[];
  readonly installation: { readonly version: number; readonly value: Installation } | undefined;
  /** What it asks for on nodes, by identity. */
  readonly resources: readonly ResourceChoice[];
  /** For somebody who manages apps, where the app wants to act for the tenant. */
  readonly dataRange: AudienceForm | undefined;
}

export interface TenantName {
  readonly id: TenantId;
  readonly name: string;
}

export interface Face {
  readonly app: AppFace;
  readonly heading: Phrase;
  readonly account: { readonly name: string; readonly email: string };
  /** Where else the person could use it. */
  readonly otherTenants: readonly TenantName[];
}

/** What goes to the tenant's reviewers along with a yes. */
export interface AskAlong {
  readonly user: readonly string[];
  readonly tenant: readonly string[];
  /** The same in words. */
  readonly titles: readonly string[];
  readonly deciders: Phrase;
}

/** The question itself. */
export interface AskView extends Face {
  readonly page: 'ask';
  readonly tenant: TenantName;
  readonly user: UserPart | undefined;
  readonly installation: TenantPart | undefined;
  /** `undefined` when there is nothing to put to anybody (any more). */
  readonly askAlong: AskAlong | undefined;
  readonly yes: string;
  readonly generation: number;
  readonly draft: ConsentDraft | undefined;
}

/** There is no tenant that the question could be about. */
export interface DeadEndView extends Face {
  readonly page: 'no-tenant' | 'unknown-tenant';
}

export type ConsentView = AskView | HinderedView | DeadEndView;

const tenantName = ({ tenant }: Membership): TenantName => ({ id: tenant.id, name: displayText(tenant.name) || tenant.id });

function faceOf({ request, person, memberships, chosen, live }: ConsentFacts, heading: (app: string) => Phrase): Face {
  const app = appFace(live.app, request.redirectUri);
  return {
    app,
    heading: heading(app.name),
    account: { name: displayText(person.name) || displayText(person.email), email: displayText(person.email, 254) },
    otherTenants: memberships.filter(({ tenant }) => !request.namesGrant && tenant.id !== chosen?.tenant.id).map(tenantName),
  };
}

function askedOf(facts: ConsentFacts, chosen: ChosenTenant): AskedScopes {
  const { request } = facts;
  const { standing } = chosen;
  const identities = identitiesOf(request);
  const resources = (identity: 'user' | 'tenant') => chosen.resources.filter(({ ask }) => ask.identity === identity).map(({ ask }) => ask);
  const asked = (identity: 'user' | 'tenant') => ({ identity, asked: request.scopes, resources: resources(identity), standing });
  return {
    user: identities.includes('user') ? sortScopes(asked('user'), heldBefore(facts, chosen)?.permissions ?? []) : undefined,
    tenant: identities.includes('tenant')
      ? sortScopes(asked('tenant'), standingInstallation(chosen)?.permissions ?? [], mayDecide(chosen))
      : undefined,
  };
}

const whyNot = (asked: AskedScopes, chosen: ChosenTenant): Hindrance | undefined => {
  const installation = standingInstallation(chosen);
  return hindrance(asked, {
    ...chosen,
    holds: { user: standingGrant(chosen) !== undefined, tenant: installation !== undefined },
    suspended: installation?.status === 'suspended',
    rightMissing: missingRightIn(asked, chosen) !== undefined,
  });
};

/** Everything the page shows, from what is known. What it shows is the most that a yes can give (I4). */
export function consentView(facts: ConsentFacts): ConsentView {
  const { chosen, memberships } = facts;
  if (memberships.length === 0) return { page: 'no-tenant', ...faceOf(facts, (app) => phrase`${app} cannot be used yet`) };
  if (chosen === undefined) return { page: 'unknown-tenant', ...faceOf(facts, (app) => phrase`${app} cannot be used there`) };

  const asked = askedOf(facts, chosen);
  const why = whyNot(asked, chosen);
  const tenant = tenantName(chosen);
  if (why !== undefined) return hinderedView(facts, chosen, { why, asked, tenant, face: (heading) => faceOf(facts, heading) });
  return askView(facts, chosen, asked, tenant);
}

function askView(facts: ConsentFacts, chosen: ChosenTenant, asked: AskedScopes, tenant: TenantName): AskView {
  const heading = (app: string) => (asked.user ? phrase`${app} asks for access` : phrase`Let ${app} act as itself in ${tenant.name}?`);
  return {
    page: 'ask',
    ...faceOf(facts, heading),
    tenant,
    user: asked.user && userPart(facts, chosen, asked.user),
    installation: asked.tenant && tenantPart(facts, chosen, asked.tenant),
    askAlong: askAlong(facts, chosen, asked),
    yes: yesOf(asked, chosen),
    generation: generationOf(chosen.standing.approval),
    draft: facts.draft,
  };
}

/** Everything that needs approval and that this person did not ask for yet goes in one request (L12). */
function askAlong({ person, catalogue }: ConsentFacts, { reviews, reviewers, tenant }: ChosenTenant, asked: AskedScopes): AskAlong | undefined {
  const fresh = (identity: 'user' | 'tenant') =>
    (asked[identity]?.inReview ?? []).filter((name) => requestState(name, identity, reviews, person.id) === undefined);
  const names = { user: fresh('user'), tenant: fresh('tenant') };
  if (names.user.length + names.tenant.length === 0) return undefined;
  const titles = permissionLines([...new Set([...names.user, ...names.tenant])], catalogue).map(({ title }) => title);
  return { ...names, titles, deciders: eitherOf(reviewers.map((name) => displayText(name)), `an owner of ${displayText(tenant.name)}`) };
}

function yesOf({ user, tenant }: AskedScopes, chosen: ChosenTenant): string {
  const approves = (tenant?.approving.length ?? 0) > 0;
  if (user) return approves ? 'Approve and authorize' : 'Authorize';
  if (approves) return 'Approve and install';
  return standingInstallation(chosen) ? 'Confirm' : 'Install';
}
