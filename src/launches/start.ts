import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { effectiveScope } from '#src/consent/effective-permissions.ts';
import type { FindToken } from '#src/decisions/found-token.ts';
import { AppError } from '#src/errors.ts';
import type { AppId, ContextId, TenantId, UserId } from '#src/ids.ts';
import { allowPath } from '#src/marketplace/missing-permission.ts';
import type { Person } from '#src/contexts/context-records.ts';

import { readLaunchFacts, type InContext, type LaunchDeps, type LaunchFacts } from './launch-facts.ts';
import { launchPath } from './launch-path.ts';
import { launchState } from './launch-state.ts';
import { launchKey } from './launch-store.ts';
import type { Authorization, ContextClaims } from './launch.ts';
import { authorizationOf } from './mint-launch.ts';
import { startView, type StartView } from './start-view.ts';

export interface StartDeps extends LaunchDeps {
  /** What a context token says that is ours and not over; `undefined` for any other text. */
  readonly readContext: (token: string) => ContextClaims | undefined;
  readonly findToken: FindToken;
}

/** Somebody with an app in a context, by whatever the app showed for it. */
export interface Started {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly person: Person;
  readonly facts: LaunchFacts & { readonly place: InContext };
  readonly authorization: Authorization;
  /** What the app holds for the person here; `null` where they have given it nothing. */
  readonly held: ReadonlySet<string> | null;
}

const notGood = () => new AppError('not_found', { detail: 'The context token is not good, or not good any more. Open the app again.' });

/**
 * By a context token, which this does not use up: also for people who have not connected the app, and guests. What the
 * answer says is as it is now, not as it was when the token was minted (R4).
 */
export async function startedByContextToken(deps: StartDeps, app: AppId, token: string): Promise<Started> {
  const claims = deps.readContext(token);
  if (!claims || claims.aud !== app) throw notGood();
  const [record] = await deps.store.read(launchKey(claims.tenant, claims.jti));
  if (!record || record.consumedAt !== null || record.value.context === null) throw notGood();
  const { tenant, context, person: who, grant } = record.value;
  const person: Person = 'user' in who ? { user: who.user } : who;
  const facts = await factsIn(deps, { tenant, app, person, context });
  const { standing } = facts;
  if ('user' in who && standing.member?.value.membership !== who.membership) throw notGood();
  if (launchState(facts).is === 'closed') throw notGood();
  const stands = standing.grant?.value.id === grant ? standing.grant?.value : undefined;
  const held = stands ? new Set(effectiveScope(stands.permissions, stands, standing.app).filter((name) => name !== SHARED_ACCESS)) : null;
  const authorization = authorizationOf(facts);
  return { tenant, app, person, facts, authorization: held || authorization !== 'authorized' ? authorization : 'authenticated', held };
}

/** A user token that holds, and what it opens right now. */
export interface UserToken {
  readonly tenant: TenantId;
  readonly app: AppId;
  readonly user: UserId;
  readonly permissions: readonly string[];
  /** See `FoundToken`. */
  readonly jkt: string | null;
}

/** It holds only as long as all that it hangs on. */
export async function findUserToken(deps: StartDeps, text: string): Promise<UserToken | undefined> {
  const found = await deps.findToken(text);
  // A token for some platform API is nobody's to show here.
  if (found?.subject.type !== 'user+app' || found.audiences.length > 0) return undefined;
  const { hindrance, app: side } = await found.read();
  if (hindrance || !side?.connected) return undefined;
  const { app, user } = found.subject;
  return { tenant: found.tenant, app, user, permissions: side.permissions, jkt: found.jkt };
}

export async function startedByUserToken(deps: StartDeps, { tenant, app, user, permissions }: UserToken, context: ContextId): Promise<Started> {
  const person = { user };
  const facts = await factsIn(deps, { tenant, app, person, context });
  return { tenant, app, person, facts, authorization: 'authorized', held: new Set(permissions) };
}

async function factsIn(deps: StartDeps, wanted: { tenant: TenantId; app: AppId; person: Person; context: ContextId }): Promise<Started['facts']> {
  const facts = await readLaunchFacts(deps, { ...wanted, resource: null });
  if (!facts.place) throw new AppError('not_found');
  return { ...facts, place: facts.place };
}

export function viewOf({ issuer }: StartDeps, { tenant, app, facts, authorization, held }: Started): StartView {
  const context = facts.place.context.id;
  return startView({
    facts,
    authorization,
    held,
    connect: new URL(launchPath({ app, tenant, context, resource: null, redirectUri: null }), issuer).href,
    askFor: (permission) => new URL(allowPath({ app, tenant, identity: 'user', permission }), issuer).href,
  });
}
