import { declaredFor, shutsOf } from '#src/approvals/decide.ts';
import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { effectiveScope } from '#src/consent/effective-permissions.ts';
import { isProtocolScope } from '#src/consent/requested-scopes.ts';
import { randomBase62 } from '#src/ids.ts';
import { put } from '#src/storage/record-store.ts';

import { contextIdOf } from './context-id.ts';
import type { LaunchDeps, LaunchFacts } from './launch-facts.ts';
import { launchKey } from './launch-store.ts';
import { type Authorization, type ContextClaims, LONGEST, type MintedLaunch } from './launch.ts';

/** What a page posts to the app (S8). */
export interface Launch {
  readonly action: string;
  readonly fields: { readonly context_token: string; readonly context_id: string };
  readonly expiresAt: string;
}

/** One commit, which is not durable: a launch that is lost in a crash is made again by opening the app again. */
export async function mintLaunch(deps: LaunchDeps, facts: LaunchFacts, action: string): Promise<Launch> {
  const { tenant, standing, place, resource } = facts;
  const { app: inTenant, grant, member } = standing;
  const app = inTenant.app.id;
  const now = deps.clock();
  const contextId = contextIdOf(deps.contextIdKey, { tenant: tenant.id, person: facts.person, app });
  const authorization = authorizationOf(facts);
  const scope = grant ? effectiveScope(grant.value.permissions, grant.value, inTenant) : [];
  const jti = randomBase62(22);
  const iat = Math.floor(now / 1000);
  const exp = iat + Math.min(deps.contextTokenSeconds, LONGEST);
  const claims: ContextClaims = {
    iss: deps.issuer,
    aud: app,
    sub: authorization === 'authorized' && 'user' in facts.person ? facts.person.user : contextId,
    jti,
    iat,
    exp,
    tenant: tenant.id,
    identity: grant || !standing.installation ? 'user' : 'tenant',
    authorization,
    resource,
    role: place?.role ?? null,
    permissions: scope.filter((name) => name !== SHARED_ACCESS && !isProtocolScope(name)),
    shared_access: scope.includes(SHARED_ACCESS),
    token_endpoint: new URL('/oauth/token', deps.issuer).href,
    context: place && { kind: place.kind.name, id: place.context.id },
    context_id: contextId,
  };
  const minted: MintedLaunch = {
    tenant: tenant.id,
    app,
    person: member && 'user' in facts.person ? { user: facts.person.user, membership: member.value.membership } : { guest: 'guest' in facts.person ? facts.person.guest : '' },
    grant: grant?.value.id ?? null,
    shuts: shutsOf(standing.approval),
    context: place?.context.id ?? null,
    role: place?.role ?? null,
  };
  const key = launchKey(tenant.id, jti);
  const [token] = await Promise.all([
    deps.signContext(claims),
    deps.store.commit({ shard: key.shard, write: [put(key, minted, { tenant: tenant.id, expiresAt: exp * 1000 })] }),
  ]);
  return { action, fields: { context_token: token, context_id: contextId }, expiresAt: new Date(exp * 1000).toISOString() };
}

export const authorizationOf = ({ person, standing }: Pick<LaunchFacts, 'person' | 'standing'>): Authorization =>
  'guest' in person ? 'unauthenticated' : standing.grant || isOnlyForTenant(standing) ? 'authorized' : 'authenticated';

/** An app that works for whole tenants and asks nothing of members: where it is installed, it may know who opens it. */
const isOnlyForTenant = ({ app, installation }: LaunchFacts['standing']): boolean => installation !== undefined && declaredFor(app.version, 'user').length === 0;

