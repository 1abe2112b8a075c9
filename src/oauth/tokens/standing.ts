import type { LiveApp } from '#src/apps/app.ts';
import { approvalKey, rulesIn, rulesKey } from '#src/approvals/approval-store.ts';
import type { Approval } from '#src/approvals/approval.ts';
import { asksForGroups, generationOf, isShut, shutsOf, type AppInTenant } from '#src/approvals/decide.ts';
import type { Rules } from '#src/approvals/rules.ts';
import { effectiveScope, grantStands, installationScope } from '#src/consent/effective-permissions.ts';
import type { Grant } from '#src/consent/grant.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import type { FamilyId, TenantId } from '#src/ids.ts';
import type { Installation } from '#src/installations/installation.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import { withLiveGroups } from '#src/tenants/group-members.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import type { User } from '#src/tenants/user.ts';
import { userKey } from '#src/tenants/user-store.ts';
import { readAllNow, type ReadBeside } from '#src/storage/recent-reads.ts';
import type { Key, StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import { credentialStands } from '../credentials.ts';
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
  credentialStands(facts.app.app, binding.credential) &&
  facts.installation?.id === binding.installation &&
  facts.installation.status === 'active' &&
  facts.installation.generation === generationOf(facts.app.approval);

/**
 * `undefined` when the chain is broken. One round trip. The app comes from the cache of at most a second; so may, with
 * `readBeside`, what stands above (the tenant, its rules, the person). The links that revocations cut (grant, member,
 * installation, approval, family) are read as they are now, always.
 */
export const readStanding = (deps: OAuthDeps, binding: TokenBinding, read: ReadBeside = readAllNow(deps)): Promise<TokenStanding | undefined> =>
  binding.identity === 'user' ? readUserStanding(deps, binding, read) : readTenantStanding(deps, binding, read);

const familyKeys = (tenant: TenantId, family: FamilyId | null) => (family === null ? [] : [familyKey(shardOf(tenant), family)]);

async function readUserStanding(deps: OAuthDeps, binding: UserBinding, read: ReadBeside): Promise<UserStanding | undefined> {
  const { tenant, user, app } = binding;
  const shard = shardOf(tenant);
  const [[[grant, member, approval, family], [tenantRecord, rules, person]], live] = await Promise.all([
    read(
      [grantKey(tenant, user, app), memberKey(tenant, user), approvalKey(tenant, app), ...familyKeys(tenant, binding.family)],
      [tenantKey(tenant), rulesKey(tenant), userKey(user)],
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

export interface TenantFacts {
  readonly live: LiveApp | undefined;
  readonly installation: StoredRecord<Installation> | undefined;
  readonly approval: StoredRecord<Approval> | undefined;
  readonly family: StoredRecord<TokenFamily> | undefined;
  readonly tenant: Tenant | undefined;
  readonly rules: Rules;
}

/** All that a tenant token can hang on, in one round trip. */
export async function readTenantFacts(
  deps: OAuthDeps,
  { tenant, app, family: name }: Pick<TenantBinding, 'tenant' | 'app' | 'family'>,
  read: ReadBeside = readAllNow(deps),
): Promise<TenantFacts> {
  const [[[installation, approval, family], [tenantRecord, rules]], live] = await Promise.all([
    read(
      [installationKey(tenant, app), approvalKey(tenant, app), ...familyKeys(tenant, name)],
      [tenantKey(tenant), rulesKey(tenant)],
    ),
    deps.apps.find(app),
  ]);
  return { live, installation, approval, family, tenant: tenantRecord?.value, rules: rulesIn(rules, tenant) };
}

export function tenantStandingIn(
  { catalogue }: OAuthDeps,
  binding: TenantBinding,
  { live, installation, approval, family, tenant, rules }: TenantFacts,
): TenantStanding | undefined {
  if (!installation || !live) return undefined;
  const app: AppInTenant = { ...live, rules, approval: approval?.value, catalogue };
  if (!tenantTokenHolds(binding, { installation: installation.value, tenant, app })) return undefined;
  return { identity: 'tenant', shard: shardOf(binding.tenant), live, app, family, installation };
}

export const readTenantStanding = async (deps: OAuthDeps, binding: TenantBinding, read?: ReadBeside): Promise<TenantStanding | undefined> =>
  tenantStandingIn(deps, binding, await readTenantFacts(deps, binding, read));

/** The scope of a token that was minted with `ceiling`, as it is right now. */
export function scopeNow(standing: TokenStanding, ceiling: readonly string[]): string[] {
  if (standing.identity === 'user') return effectiveScope(ceiling, standing.grant.value, standing.app);
  const held = new Set(installationScope(standing.installation.value, standing.app));
  return ceiling.filter((name) => held.has(name));
}
