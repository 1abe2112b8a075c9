import type { KoaContextWithOIDC } from 'oidc-provider';

import { readApprovalFacts } from '#src/approvals/approval-store.ts';
import { allowedPermissions, generationOf, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import { PROTOCOL_SCOPES } from '#src/apps/catalogue.ts';
import { effectiveScope, grantStands } from '#src/consent/effective-permissions.ts';
import type { ConsentDecision, Grant } from '#src/consent/grant.ts';
import { grantChange, readGrant } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { readMember, tenantsOf } from '#src/tenants/member-store.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import type { OAuthDeps } from './oauth-deps.ts';
import { unitOf } from './unit-of-work.ts';

/** For which tenant an authorization request is, and what stands there. */
export interface Tenancy {
  readonly tenant: TenantId | undefined;
  readonly member: StoredRecord<Member> | undefined;
  readonly stored: StoredRecord<Grant> | undefined;
  /** What the tenant lets the app do. */
  readonly app: AppInTenant | undefined;
  /** What the code will be issued under: the stored grant, or the one that the person's decision makes of it. */
  readonly grant: Grant | undefined;
}

const NONE: Tenancy = { tenant: undefined, member: undefined, stored: undefined, app: undefined, grant: undefined };

const tenancies = new WeakMap<object, Tenancy>();

export const tenancyOf = (ctx: KoaContextWithOIDC): Tenancy => tenancies.get(ctx) ?? NONE;

/**
 * Finds the tenant of the request: the one the person decided for, the one that was hinted, or the only one. A hint
 * at a tenant the person is no active member of counts for nothing (xT3). Runs before the prompts.
 */
export async function settleTenancy(deps: OAuthDeps, ctx: KoaContextWithOIDC, user: UserId): Promise<Tenancy> {
  const decision = ctx.oidc.result?.consent as ConsentDecision | undefined;
  const tenant = decision?.tenant ?? (await tenantAsked(deps, ctx, user));
  const tenancy = tenant === undefined ? NONE : await readTenancy(deps, ctx, { tenant, user, decision });
  tenancies.set(ctx, tenancy);
  return tenancy;
}

async function tenantAsked(deps: OAuthDeps, ctx: KoaContextWithOIDC, user: UserId): Promise<TenantId | undefined> {
  const hint = ctx.oidc.params?.['tenant'];
  const tenants = (await tenantsOf(deps, user)).map(({ tenant }) => tenant.id);
  if (typeof hint === 'string') return tenants.find((id) => id === hint);
  return tenants.length === 1 ? tenants[0] : undefined;
}

async function readTenancy(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  { tenant, user, decision }: { tenant: TenantId; user: UserId; decision: ConsentDecision | undefined },
): Promise<Tenancy> {
  const app = ctx.oidc.client?.clientId as AppId;
  const [member, stored, facts, live] = await Promise.all([
    readMember(deps, tenant, user),
    readGrant(deps, tenant, user, app),
    readApprovalFacts(deps, tenant, app),
    deps.apps.find(app),
  ]);
  if (!live || !member || !isActive(member.value)) return { tenant, member: undefined, stored, app: undefined, grant: undefined };
  const inTenant: AppInTenant = { ...live, rules: facts.rules, approval: facts.approval, catalogue: deps.catalogue };
  const found = { tenant, member, stored, app: inTenant };
  if (!decision) {
    return { ...found, grant: stored && grantStands(stored.value, member.value, inTenant) ? stored.value : undefined };
  }
  // The decision was made on a page: it only counts while what the page was made from still stands (xC7, xT6, xA2).
  const same = decision.basis.membership === member.value.membership && decision.basis.grantSlot === (stored?.version ?? null);
  if (!same || !mayUse(member.value, inTenant)) return { ...found, grant: undefined };
  const allowed = new Set([...PROTOCOL_SCOPES, ...allowedPermissions('user', inTenant)]);
  const change = grantChange(
    { ...decision, permissions: decision.permissions.filter((name) => allowed.has(name)) },
    {
      before: stored,
      user,
      app,
      asked: [...ctx.oidc.requestParamScopes].filter((name) => allowed.has(name)),
      generation: generationOf(facts.approval),
      now: deps.clock(),
    },
  );
  unitOf(ctx).grantChange = change;
  return { ...found, grant: change.grant };
}

/** What the code can be for: the grant as far as the tenant allows it right now. */
export const grantedScope = ({ grant, app }: Tenancy): string[] =>
  grant && app ? effectiveScope(grant.permissions, grant, app) : [];
