import type { KoaContextWithOIDC } from 'oidc-provider';

import { PROTOCOL_SCOPES } from '#src/apps/catalogue.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import { allowedPermissions, asksForGroups, decide, generationOf, isShut, mayUse, type AppInTenant } from '#src/approvals/decide.ts';
import type { ConsentAnswer } from '#src/consent/consent-answer.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { effectiveResources, effectiveScope, grantStands, installationScope } from '#src/consent/effective-permissions.ts';
import { heldFor, reachableNodes } from '#src/consent/held-nodes.ts';
import { resourceAsks, type ResourceAsk } from '#src/consent/resource-asks.ts';
import type { ConsentDecision, Grant } from '#src/consent/grant.ts';
import { grantChange, grantKey } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { InstallDecision, Installation } from '#src/installations/installation.ts';
import { installationChange } from '#src/installations/installation-change.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { checkedNodes } from '#src/resources/choose-nodes.ts';
import { withMore, type ChosenNode } from '#src/resources/resource.ts';
import { entitlementIn, type Entitlement } from '#src/tenants/entitlement.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { memberKey, tenantsOf, tenantsToLookIn } from '#src/tenants/member-store.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import { unchanged, type StoredRecord } from '#src/storage/record-store.ts';

import { identityAsked } from './check-request.ts';
import { checkNamedGrant, mannerOf } from './grant-management.ts';
import type { OAuthDeps } from './oauth-deps.ts';
import { detailOf, resourcesAsked, type ResourceDetail } from './resource-access.ts';
import { unitOf, type CodeChange } from './unit-of-work.ts';

/** For which tenant an authorization request is, and what stands there. */
export interface Tenancy {
  readonly tenant: TenantId | undefined;
  readonly member: Entitlement | undefined;
  /** What the tenant lets the app do. */
  readonly app: AppInTenant | undefined;
  /** What a user token will hang on: the stored grant, or the one that the person's answer makes of it. */
  readonly grant: Grant | undefined;
  /** What a tenant token will hang on: the one that the person's answer makes. */
  readonly installation: Installation | undefined;
  /** What the code will reach on nodes, of what was asked for. */
  readonly details: readonly ResourceDetail[];
  /** What was asked for on nodes and is not held yet. */
  readonly lacking: readonly ResourceAsk[];
}

const NO_NODES = { details: [], lacking: [] } as const;
const NONE: Tenancy = { tenant: undefined, member: undefined, app: undefined, grant: undefined, installation: undefined, ...NO_NODES };

const tenancies = new WeakMap<object, Tenancy>();

export const tenancyOf = (ctx: KoaContextWithOIDC): Tenancy => tenancies.get(ctx) ?? NONE;

/**
 * Finds the tenant of the request: the one the person answered for, the one that was hinted, or the only one. A hint
 * at a tenant the person is no active member of counts for nothing (xT3). Runs before the prompts.
 */
export async function settleTenancy(deps: OAuthDeps, ctx: KoaContextWithOIDC, user: UserId): Promise<Tenancy> {
  const answer = ctx.oidc.result?.consent as ConsentAnswer | undefined;
  const tenant = answer?.tenant ?? (await tenantAsked(deps, ctx, user));
  const tenancy = tenant === undefined ? NONE : await readTenancy(deps, ctx, { tenant, user, answer });
  tenancies.set(ctx, tenancy);
  return tenancy;
}

/** Of a tenant that was hinted, and of the only one there is to look in, `readTenancy` finds out whether the person is in it. */
async function tenantAsked(deps: OAuthDeps, ctx: KoaContextWithOIDC, user: UserId): Promise<TenantId | undefined> {
  const hint = ctx.oidc.params?.['tenant'];
  if (typeof hint === 'string') return hint as TenantId;
  const { ids, next } = await tenantsToLookIn(deps, user);
  if (ids.length <= 1 && next === undefined) return ids[0];
  const tenants = await tenantsOf(deps, user);
  return tenants.length === 1 ? tenants[0]?.tenant.id : undefined;
}

interface Asked {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly answer: ConsentAnswer | undefined;
}

async function readTenancy(deps: OAuthDeps, ctx: KoaContextWithOIDC, { tenant, user, answer }: Asked): Promise<Tenancy> {
  const id = ctx.oidc.client?.clientId as AppId;
  const [[tenantRecord, memberRecord, stored, approvalRecord, rules], live] = await Promise.all([
    deps.store.read(tenantKey(tenant), memberKey(tenant, user), grantKey(tenant, user, id), approvalKey(tenant, id), rulesKey(tenant)),
    deps.apps.find(id),
  ]);
  const member = await entitlementIn(deps, memberRecord);
  if (!member || tenantRecord?.value.status !== 'active') return NONE;
  if (!live) return { ...NONE, tenant };
  const approval = approvalRecord?.value;
  const app: AppInTenant = { ...live, rules: rulesIn(rules, tenant), approval, catalogue: deps.catalogue };
  const present = asksForGroups(app) ? { ...member, member: await withLiveGroups(deps, member.member) } : member;
  const found = { tenant, member: present, app };
  const unit = unitOf(ctx);
  unit.codeChange = { expect: [...member.expect, ...(stored && !answer?.user ? [unchanged(stored)] : [])], write: [], events: [] };

  if (!answer) {
    const grant = stored && grantStands(stored.value, present.member, app) ? stored.value : undefined;
    checkNamedGrant(ctx, grant?.id);
    return withNodes(deps, ctx, { ...found, grant, installation: undefined });
  }
  if (answer.generation !== generationOf(approval)) return { ...found, grant: undefined, installation: undefined, ...NO_NODES };
  const grant = answer.user ? await granted(deps, ctx, found, { decision: answer.user, stored }) : undefined;
  const installation = answer.installation ? await installed(deps, ctx, found, answer.installation) : undefined;
  return withNodes(deps, ctx, { ...found, grant, installation });
}

/** What the app holds, or will hold, of the nodes that it asks for. */
async function withNodes(deps: OAuthDeps, ctx: KoaContextWithOIDC, found: Found & Pick<Tenancy, 'grant' | 'installation'>): Promise<Tenancy> {
  const params = ctx.oidc.params as Record<string, string | undefined>;
  const identity = identityAsked(ctx) === 'tenant' ? 'tenant' : 'user';
  const asks = resourceAsks({ resources: resourcesAsked(params), identity }, found.app.version);
  const all = params['include_granted_scopes'] === 'true';
  if (asks.length === 0 && !all) return { ...found, ...NO_NODES };
  const given = identity === 'tenant' ? found.installation?.resources : found.grant?.resources;
  const held = await reachableNodes(deps, found.tenant, effectiveResources(given, identity, found.app));
  const asked = asks.map((ask) => ({ ask, nodes: heldFor(ask, held).map(({ grant }) => ({ ...grant, right: ask.right })) }));
  const nodes = withMore(all ? held.map(({ grant }) => grant) : [], asked.flatMap((each) => each.nodes));
  return { ...found, details: nodes.map(detailOf), lacking: asked.filter((each) => each.nodes.length === 0).map(({ ask }) => ask) };
}

/**
 * That the person may still give what they chose, in the very commit (S4): all that stands above the nodes, and the rights
 * that they have there, are expected as they are read now. `undefined` when they may not.
 */
async function nodesChosen(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  { tenant, member: { member }, app }: Found,
  { identity, nodes = [] }: { identity: Identity; nodes: readonly ChosenNode[] | undefined },
): Promise<readonly ChosenNode[] | undefined> {
  if (nodes.length === 0) return nodes;
  const chains = await checkedNodes(deps, tenant, member, nodes);
  const allowed = nodes.every(({ permission }) => decide(permission, identity, app).treatment === 'auto');
  if (!chains || !allowed) return undefined;
  const records = new Map(chains.flatMap((chain) => [...chain.nodes, ...chain.rights]).map((record) => [`${record.key.kind.name} ${record.key.id}`, record]));
  const unit = unitOf(ctx);
  unit.codeChange = join(unit.codeChange, { expect: [...records.values()].map(unchanged), write: [], events: [] });
  return nodes;
}

type Found = { readonly tenant: TenantId; readonly member: Entitlement; readonly app: AppInTenant };

const join = (a: CodeChange | undefined, b: CodeChange): CodeChange => ({
  expect: [...(a?.expect ?? []), ...b.expect],
  write: [...(a?.write ?? []), ...b.write],
  events: [...(a?.events ?? []), ...b.events],
});

/**
 * The grant that the person's answer makes. The answer was given on a page: it only counts while what the page was
 * made from still stands (xC7, xT6, xA2), and only for what the tenant allows now (I4).
 */
async function granted(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  found: Found,
  { decision, stored }: { decision: ConsentDecision; stored: StoredRecord<Grant> | undefined },
): Promise<Grant | undefined> {
  const { member: { member }, app } = found;
  const { membership, grantSlot } = decision.basis;
  if (membership !== member.membership || grantSlot !== (stored?.version ?? null) || !mayUse(member, app)) return undefined;
  const allowed = new Set<string>([...PROTOCOL_SCOPES, ...allowedPermissions('user', app)]);
  const resources = await nodesChosen(deps, ctx, found, { identity: 'user', nodes: decision.resources });
  if (!resources) return undefined;
  const change = grantChange(
    { ...decision, resources, permissions: decision.permissions.filter((name) => allowed.has(name)) },
    {
      before: stored,
      user: member.user,
      app: app.app.id,
      asked: [...ctx.oidc.requestParamScopes].filter((name) => allowed.has(name)),
      generation: generationOf(app.approval),
      manner: mannerOf(ctx.oidc.params as Record<string, string | undefined>),
      now: deps.clock(),
    },
  );
  checkNamedGrant(ctx, change.grant.id);
  const unit = unitOf(ctx);
  unit.codeChange = join(unit.codeChange, change);
  return change.grant;
}

/** The installation that an admin's answer makes: the person has to be entitled still, in the very commit (xA5). */
async function installed(
  deps: OAuthDeps,
  ctx: KoaContextWithOIDC,
  found: Found,
  decision: InstallDecision,
): Promise<Installation | undefined> {
  const { tenant, member: { member, capabilities }, app } = found;
  const before = await readInstallation(deps, tenant, app.app.id);
  const { membership, installation } = decision.basis;
  const same = membership === member.membership && installation === (before?.version ?? null);
  if (!same || !capabilities.includes('apps.manage') || isShut(app.approval)) return undefined;
  const allowed = new Set(allowedPermissions('tenant', app));
  const resources = await nodesChosen(deps, ctx, found, { identity: 'tenant', nodes: decision.resources });
  if (!resources) return undefined;
  const change = installationChange(
    { ...decision, resources, permissions: decision.permissions.filter((name) => allowed.has(name)) },
    {
      before,
      app: app.app.id,
      version: app.version.id,
      user: member.user,
      generation: generationOf(app.approval),
      now: deps.clock(),
    },
  );
  const unit = unitOf(ctx);
  unit.codeChange = join(unit.codeChange, change);
  return change.installation;
}

/** What the code will hang on, as oidc-provider's grant: its id and what it may hold right now. */
export function heldBy(ctx: KoaContextWithOIDC): { id: string; scope: readonly string[] } | undefined {
  const { app, grant, installation } = tenancyOf(ctx);
  if (!app) return undefined;
  const identity = identityAsked(ctx);
  if (identity === 'tenant') return installation && { id: installation.id, scope: installationScope(installation, app) };
  if (identity === 'user tenant' && !installation) return undefined;
  return grant && { id: grant.id, scope: effectiveScope(grant.permissions, grant, app) };
}
