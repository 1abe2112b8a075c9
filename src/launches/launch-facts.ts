import { isForTenant } from '#src/apps/app.ts';
import { findLiveApp } from '#src/apps/app-store.ts';
import { type ContextFacts, readContextFacts } from '#src/contexts/context-facts.ts';
import { contextMemberKey, contextKey, type Person } from '#src/contexts/context-records.ts';
import type { ContextDeps } from '#src/contexts/context-store.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, ContextId, TenantId } from '#src/ids.ts';
import type { InstallationDeps } from '#src/installations/installed-app.ts';
import { type AppStanding, readAppStanding } from '#src/marketplace/app-standing.ts';
import type { MissingDeps } from '#src/marketplace/missing-permission.ts';
import { isReachable, rightOfMember } from '#src/resources/chain.ts';
import { readChain } from '#src/resources/read-chains.ts';
import { refOf, type ResourceRef } from '#src/resources/resource.ts';
import type { Member } from '#src/tenants/member.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { findTenant } from '#src/tenants/tenant-store.ts';
import { findUser } from '#src/tenants/user-store.ts';

import type { ContextClaims, LaunchPlace } from './launch.ts';

export interface LaunchDeps extends InstallationDeps, ContextDeps, MissingDeps {
  /** Signs as every other token is signed, with `typ: context+jwt`. */
  readonly signContext: (claims: ContextClaims) => string | Promise<string>;
  /** 32 bytes, for nothing but `context_id`. */
  readonly contextIdKey: Uint8Array;
  readonly contextTokenSeconds: number;
}

/** A person in a context, as far as a launch tells the app. */
export type InContext = ContextFacts & { readonly role: string };

/** All that a launch is made from. */
export interface LaunchFacts {
  readonly tenant: Tenant;
  readonly person: Person;
  readonly standing: AppStanding;
  readonly place: InContext | null;
  readonly resource: ResourceRef | null;
}

export interface LaunchWanted extends LaunchPlace {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly person: Person;
}

/** Throws `not_found` for what is not there for this person, whichever of it is missing (I5). */
export async function readLaunchFacts(deps: LaunchDeps, wanted: LaunchWanted): Promise<LaunchFacts> {
  const { person, app } = wanted;
  const [tenant, user, live, standing, place] = await Promise.all([
    findTenant(deps, wanted.tenant),
    'user' in person ? findUser(deps, person.user) : undefined,
    findLiveApp(deps, app),
    readAppStanding(deps, wanted.tenant, app, 'user' in person ? person.user : undefined),
    wanted.context === null ? null : readPlace(deps, wanted.tenant, wanted.context, person),
  ]);
  if (tenant?.status !== 'active' || !live || !standing || !isForTenant(live.app, tenant.id)) throw new AppError('not_found');
  if ('user' in person && (user?.status !== 'active' || !standing.member)) throw new AppError('not_found');
  if ('guest' in person && !place) throw new AppError('not_found');
  if (live.app.status !== 'active') throw new AppError('app_disabled');
  if (place?.context.status === 'ended') throw new AppError('context_ended');
  const own = standing.member && (await resourceFor(deps, standing.member.value, wanted.resource ?? place?.context.resource ?? null, wanted.resource !== null));
  return { tenant, person, standing, place, resource: own ?? null };
}

/** Who is not in a context finds none. */
async function readPlace(deps: LaunchDeps, tenant: TenantId, id: ContextId, person: Person): Promise<InContext> {
  const facts = 'user' in person ? await readContextFacts(deps, tenant, id, person.user) : await factsOfGuest(deps, tenant, id, person);
  if (!facts || facts.role === null) throw new AppError('not_found');
  return { ...facts, role: facts.role };
}

async function factsOfGuest(deps: ContextDeps, tenant: TenantId, id: ContextId, person: Person): Promise<ContextFacts | undefined> {
  const [context, place] = await deps.store.read(contextKey(tenant, id), contextMemberKey(tenant, id, person));
  const kind = context && deps.contextKinds.find(context.value.kind);
  return kind && { context: context.value, kind, role: place?.value.role ?? null };
}

/** A node is told to the app only when the member can reach it; one that was asked for by name is refused else. */
async function resourceFor(deps: LaunchDeps, member: Member, ref: ResourceRef | null, asked: boolean): Promise<ResourceRef | null> {
  if (ref === null) return null;
  const chain = await readChain(deps, member.tenant, ref, [member.user]);
  if (chain && isReachable(chain) && rightOfMember(chain, member) !== undefined) return refOf(ref);
  if (asked) throw new AppError('not_found');
  return null;
}
