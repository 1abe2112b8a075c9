import type { LiveApp } from '#src/apps/app.ts';
import type { Grant } from '#src/consent/grant.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import type { Tenant } from '#src/tenants/tenant.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import type { User } from '#src/tenants/user.ts';
import { userKey } from '#src/tenants/user-store.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';

import type { OAuthDeps } from '../oauth-deps.ts';
import { familyKey, type TokenBinding, type TokenFamily } from './token-records.ts';

/** All that a code or token hangs on, as it is now. */
export interface Standing {
  readonly grant: StoredRecord<Grant>;
  readonly member: StoredRecord<Member>;
  readonly user: StoredRecord<User>;
  readonly family: StoredRecord<TokenFamily> | undefined;
  readonly live: LiveApp;
}

/** Whether the chain above a token holds (I4). Pure, so that it can be read and tested as a table. */
export const holds = (
  binding: TokenBinding,
  facts: {
    readonly grant: Grant | undefined;
    readonly member: Member | undefined;
    readonly tenant: Tenant | undefined;
    readonly user: User | undefined;
    readonly live: LiveApp | undefined;
  },
): boolean =>
  facts.grant?.id === binding.grant &&
  facts.grant.membership === binding.membership &&
  isActive(facts.member) &&
  facts.member.membership === binding.membership &&
  facts.tenant?.status === 'active' &&
  facts.user?.status === 'active' &&
  facts.live?.app.status === 'active';

/** One round trip for all of it; the app comes from the cache of at most a second. `undefined` when the chain is broken. */
export async function readStanding(deps: OAuthDeps, binding: TokenBinding): Promise<Standing | undefined> {
  const shard = shardOf(binding.tenant);
  const [[grant, member, tenant, family, user], live] = await Promise.all([
    deps.store.read(
      grantKey(binding.tenant, binding.user, binding.app),
      memberKey(binding.tenant, binding.user),
      tenantKey(binding.tenant),
      familyKey(shard, binding.family),
      userKey(binding.user),
    ),
    deps.apps.find(binding.app),
  ]);
  const facts = { grant: grant?.value, member: member?.value, tenant: tenant?.value, user: user?.value, live };
  if (!grant || !member || !user || !live || !holds(binding, facts)) return undefined;
  return { grant, member, user, family, live };
}
