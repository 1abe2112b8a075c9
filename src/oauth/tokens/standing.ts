import type { LiveApp } from '#src/apps/app.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import { asksForGroups, generationOf, isShut, shutsOf, type AppInTenant } from '#src/approvals/decide.ts';
import { effectiveScope, grantStands, installationScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import type { Installation } from '#src/installations/installation.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import type { User } from '#src/tenants/user.ts';
import { userKey } from '#src/tenants/user-store.ts';
import type { Key, StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { OAuthDeps } from '../oauth-deps.ts';
import { familyKey, type TenantBinding, type TokenBinding, type TokenFamily, type UserBinding } from './token-records.ts';

interface Common {
  readonly shard: Key['shard'];
  readonly live: LiveApp;
  /** What the tenant lets the app do. */
  readonly app: AppInTenant;
  readonly family: StoredRecord<TokenFamily> | undefined;
}

export interface UserStanding extends Common {
  readonly identity: 'user';
  readonly grant: StoredRecord<Grant>;
  readonly member: StoredRecord<Member>;
  readonly user: StoredRecord<User>;
}

export interface TenantStanding extends Common {
  readonly identity: 'tenant';
  readonly installation: StoredRecord<Installation>;
}

/** All that a code or token hangs on, as it is now. */
export type TokenStanding = UserStanding | TenantStanding;

/** The grant of a user token, the installation of a tenant token. */
export const actsThrough = (standing: TokenStanding): Grant | Installation =>
  standing.identity === 'user' ? standing.grant.value : standing.installation.value;

interface Above {
  readonly tenant: Tenant | undefined;
  readonly app: AppInTenant;
}

/** What has to be so above every token: the tenant and the app are switched on, and the tenant did not shut the app out since. */
const aboveHolds = ({ shuts }: TokenBinding, { tenant, app }: Above): boolean =>
  tenant?.status === 'active' && app.app.status === 'active' && !isShut(app.approval) && shuts === shutsOf(app.approval);

/** Whether the chain above a user token holds (I4). Pure, so that it can be read and tested as a table. */
export const userTokenHolds = (
  binding: UserBinding,
  facts: Above & { readonly grant: Grant | undefined; readonly member: Member | undefined; readonly user: User | undefined },
): boolean =>
  aboveHolds(binding, facts) &&
  facts.user?.status === 'active' &&
  isActive(facts.member) &&
  facts.member.membership === binding.membership &&
  facts.grant?.id === binding.grant &&
  grantStands(facts.grant, facts.member, facts.app);

/** The same for a tenant token: nobody in particular has to be there still (L2). */
export const tenantTokenHolds = (
  binding: TenantBinding,
  facts: Above & { readonly installation: Installation | undefined },
): boolean =>
  aboveHolds(binding, facts) &&
  facts.installation?.id === binding.installation &&
  facts.installation.status === 'active' &&
  facts.installation.generation === generationOf(facts.app.approval);

/** `undefined` when the chain is broken. One round trip; the app comes from the cache of at most a second. */
export const readStanding = (deps: OAuthDeps, binding: TokenBinding): Promise<TokenStanding | undefined> =>
  binding.identity === 'user' ? readUserStanding(deps, binding) : readTenantStanding(deps, binding);

export async function readUserStanding(deps: OAuthDeps, binding: UserBinding): Promise<UserStanding | undefined> {
  const { tenant, user, app } = binding;
  const shard = shardOf(tenant);
  const [[grant, member, tenantRecord, family, approval, rules, person], live] = await Promise.all([
    deps.store.read(
      grantKey(tenant, user, app),
      memberKey(tenant, user),
      tenantKey(tenant),
      familyKey(shard, binding.family ?? ''),
      approvalKey(tenant, app),
      rulesKey(tenant),
      userKey(user),
    ),
    deps.apps.find(app),
  ]);
  if (!grant || !member || !person || !live) return undefined;
  const inTenant: AppInTenant = { ...live, rules: rulesIn(rules, tenant), approval: approval?.value, catalogue: deps.catalogue };
  const present = asksForGroups(inTenant) ? await withLiveGroups(deps, member.value) : member.value;
  const facts = { grant: grant.value, member: present, tenant: tenantRecord?.value, user: person.value, app: inTenant };
  if (!userTokenHolds(binding, facts)) return undefined;
  return { identity: 'user', shard, live, app: inTenant, family, grant, member, user: person };
}

export async function readTenantStanding(deps: OAuthDeps, binding: TenantBinding): Promise<TenantStanding | undefined> {
  const { tenant, app } = binding;
  const shard = shardOf(tenant);
  const [[installation, tenantRecord, family, approval, rules], live] = await Promise.all([
    deps.store.read(
      installationKey(tenant, app),
      tenantKey(tenant),
      familyKey(shard, binding.family ?? ''),
      approvalKey(tenant, app),
      rulesKey(tenant),
    ),
    deps.apps.find(app),
  ]);
  if (!installation || !live) return undefined;
  const inTenant: AppInTenant = { ...live, rules: rulesIn(rules, tenant), approval: approval?.value, catalogue: deps.catalogue };
  const facts = { installation: installation.value, tenant: tenantRecord?.value, app: inTenant };
  if (!tenantTokenHolds(binding, facts)) return undefined;
  return { identity: 'tenant', shard, live, app: inTenant, family, installation };
}

/** The scope of a token that was minted with `ceiling`, as it is right now. */
export function scopeNow(standing: TokenStanding, ceiling: readonly string[]): string[] {
  if (standing.identity === 'user') return effectiveScope(ceiling, standing.grant.value, standing.app);
  const held = new Set(installationScope(standing.installation.value, standing.app));
  return ceiling.filter((name) => held.has(name));
}
