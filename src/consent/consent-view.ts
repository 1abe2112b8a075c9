import type { LiveApp } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import type { MembershipId, TenantId } from '#src/ids.ts';
import type { PendingRequest } from '#src/sign-in/pending-request.ts';
import type { User } from '#src/tenants/user.ts';

import { appFace, type AppFace } from './app-face.ts';
import type { Membership } from './choose-tenant.ts';
import { displayText } from './display-text.ts';
import type { Grant } from './grant.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import { sortScopes } from './requested-scopes.ts';
import { sharedAccessOffer, type ReceivedDelegation, type SharedAccessOffer } from './shared-access-offer.ts';

export interface ConsentFacts {
  readonly request: PendingRequest;
  readonly person: User;
  /** Where the person can use an app at all. */
  readonly memberships: readonly Membership[];
  /** The tenant that the page is about; `undefined` when the wanted one is not among them. */
  readonly chosen: ChosenTenant | undefined;
  readonly live: LiveApp;
  readonly catalogue: Catalogue;
}

export interface ChosenTenant extends Membership {
  readonly slotVersion: number | null;
  readonly grant: Grant | undefined;
  readonly received: readonly ReceivedDelegation[];
}

interface TenantName {
  readonly id: TenantId;
  readonly name: string;
}

interface Face {
  readonly app: AppFace;
  /** The headline, after the app's name. */
  readonly headline: string;
  readonly account: { readonly name: string; readonly email: string };
  /** Where else the person could use it. */
  readonly otherTenants: readonly TenantName[];
}

/** The question itself. */
export interface AskView extends Face {
  readonly page: 'ask';
  readonly tenant: TenantName;
  readonly required: readonly PermissionLine[];
  readonly optional: readonly PermissionLine[];
  readonly held: readonly PermissionLine[];
  readonly sharedAccess: SharedAccessOffer | undefined;
  /** Allowed before, with nobody to share anything just now: it stays, and is told. */
  readonly sharedAccessHeld: boolean;
  readonly duration: string;
  readonly basis: { readonly membership: MembershipId; readonly grantSlot: number | null };
}

/** Nothing can be given here; the page says why and what to do next. */
export interface DeadEndView extends Face {
  readonly page: 'no-tenant' | 'unknown-tenant' | 'tenant-identity';
}

export type ConsentView = AskView | DeadEndView;

const tenantName = ({ tenant }: Membership): TenantName => ({ id: tenant.id, name: displayText(tenant.name) || tenant.id });

const HEADLINES: Readonly<Record<ConsentView['page'], string>> = {
  ask: 'asks for access',
  'no-tenant': 'cannot be used yet',
  'unknown-tenant': 'cannot be used there',
  'tenant-identity': 'asks for a whole tenant',
};

const duration = (scopes: readonly string[]): string =>
  scopes.includes('offline_access')
    ? 'Until you take it back, also while you are signed out.'
    : 'Until you take it back. While you are signed out, the app soon loses its access.';

/** What was given in an earlier stay in the tenant is gone; after coming back everything is asked anew (xT6). */
const grantOfThisStay = ({ grant, member }: ChosenTenant): Grant | undefined =>
  grant?.membership === member.membership ? grant : undefined;

/** Why nothing can be given here, if so. */
function deadEnd({ request, memberships, chosen }: ConsentFacts): DeadEndView['page'] | undefined {
  if (request.identity === 'tenant') return 'tenant-identity';
  if (memberships.length === 0) return 'no-tenant';
  return chosen === undefined ? 'unknown-tenant' : undefined;
}

const faceOf = (page: ConsentView['page'], { request, person, memberships, chosen, live }: ConsentFacts): Face => ({
  app: appFace(live.app, request.redirectUri),
  headline: HEADLINES[page],
  account: { name: displayText(person.name) || displayText(person.email), email: displayText(person.email, 254) },
  otherTenants: memberships.filter(({ tenant }) => tenant.id !== chosen?.tenant.id).map(tenantName),
});

/** Everything the page shows, from what is known. What it shows is the most that a yes can give (I4). */
export function consentView(facts: ConsentFacts): ConsentView {
  const { request, chosen, live, catalogue } = facts;
  const dead = deadEnd(facts);
  if (dead !== undefined || chosen === undefined) {
    const page = dead ?? 'unknown-tenant';
    return { page, ...faceOf(page, facts) };
  }
  const grant = grantOfThisStay(chosen);
  const scopes = sortScopes(request.scopes, live.version, catalogue, grant);
  const sharedAccess = sharedAccessOffer(live.version, chosen.received, grant, catalogue);
  return {
    page: 'ask',
    ...faceOf('ask', facts),
    tenant: tenantName(chosen),
    required: permissionLines(scopes.required, catalogue),
    optional: permissionLines(scopes.optional, catalogue),
    held: permissionLines(scopes.held, catalogue),
    sharedAccess,
    sharedAccessHeld: sharedAccess === undefined && live.version.sharedAccess && (grant?.sharedAccess ?? false),
    duration: duration([...scopes.required, ...scopes.held]),
    basis: { membership: chosen.member.membership, grantSlot: chosen.slotVersion },
  };
}
