import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { registerApp } from '#src/apps/app-store.ts';
import { removeAppFromTenant, withdrawApproval } from '#src/approvals/change-approval.ts';
import { grantChange, readGrant, revokeGrant } from '#src/consent/grant-store.ts';
import { narrowGrant } from '#src/consent/narrow-grant.ts';
import type { Deps } from '#src/deps.ts';
import type { AssentEvent } from '#src/events.ts';
import { newId, type AppId, type FamilyId, type TenantId, type UserId } from '#src/ids.ts';
import { uninstallEverything } from '#src/installations/uninstall.ts';
import { endFamily } from '#src/oauth/tokens/end-family.ts';
import { accessTokenKey, familyKey, type UserBinding } from '#src/oauth/tokens/token-records.ts';
import { mintToken } from '#src/oauth/tokens/token-text.ts';
import { openStore } from '#src/storage/open-store.ts';
import { put, type RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { addMember, changeMember, removeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { createUser } from '#src/tenants/user-store.ts';
import { testCatalogue } from '#test/support/catalogue.ts';
import { failingStore, type Failure } from '#test/support/failing-store.ts';

let store: RecordStore;
beforeAll(async () => {
  store = await openStore('sqlite::memory:', { clock: Date.now });
});
afterAll(() => store.close());

const OPERATOR = { kind: 'operator', id: 'opr_test' } as const;
const sound = (): Deps => ({ store, clock: Date.now });

interface Held {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly app: AppId;
  readonly family: FamilyId;
  readonly binding: UserBinding;
}

/** A member whose grant has so many access tokens. */
async function held(tokens: number): Promise<Held> {
  const deps = sound();
  const [{ id: tenant }, { id: user }, { app }] = [
    await createTenant(deps, { name: 'Northwind' }, OPERATOR),
    await createUser(deps, { email: `${newId('user')}@northwind.example`.toLowerCase(), name: 'Dan' }, OPERATOR),
    await registerApp(deps, { name: 'Scheduler', developer: { name: 'Somebody', uri: null, verified: false }, authMethod: 'none' }, OPERATOR),
  ];
  const { membership } = await addMember(deps, { tenant, user, role: 'member' }, OPERATOR);
  const shard = shardOf(tenant);
  const decision = { tenant, permissions: ['meetings:read', 'calendar:read'], sharedAccess: false, basis: { membership, grantSlot: null } };
  const { grant, ...change } = grantChange(decision, { before: undefined, user, app: app.id, asked: [], generation: 0, now: Date.now() });
  await store.commit({ shard, ...change });
  const family = newId('family');
  const binding: UserBinding = { identity: 'user', tenant, user, membership, app: app.id, grant: grant.id, family, shuts: 0 };
  const kept = { tenant, expiresAt: Date.now() + 600_000 };
  const write = Array.from({ length: tokens }, () => put(accessTokenKey(mintToken('userAccessToken', shard))!, { binding, payload: {} }, kept));
  for (let first = 0; first < tokens; first += 1000) await store.commit({ shard, write: write.slice(first, first + 1000) });
  await store.commit({ shard, write: [put(familyKey(shard, family), { binding, refresh: null }, kept)] });
  return { tenant, user, app: app.id, family, binding };
}

const catalogue = testCatalogue;

/** In an order in which each finds something to end, also after those before it. */
const WAYS: Readonly<Record<string, (deps: Deps, held: Held) => Promise<unknown>>> = {
  'narrowing the grant': async (deps, { tenant, user, app }) => narrowGrant(deps, (await readGrant(deps, tenant, user, app))!.value, ['calendar:read'], OPERATOR),
  'ending what came of one code': (deps, { binding }) => endFamily(deps, binding, 'refresh_token_replayed'),
  'withdrawing the approval': (deps, which) => withdrawApproval(deps, which, OPERATOR),
  'removing the app from the tenant': (deps, which) => removeAppFromTenant(deps, which, OPERATOR),
  'removing the app with everything': (deps, which) => uninstallEverything({ ...deps, catalogue }, which, OPERATOR),
  'revoking the grant': async (deps, { tenant, user, app }) => revokeGrant(deps, (await readGrant(deps, tenant, user, app))!, OPERATOR),
  'deactivating the member': (deps, { tenant, user }) => changeMember(deps, { tenant, user, status: 'inactive' }, OPERATOR),
  'removing the member': (deps, { tenant, user }) => removeMember(deps, { tenant, user }, OPERATOR),
};

test('I3 nothing looks for tokens to end them: each way of taking back costs the same with one token and with 10,000', async () => {
  const costsWith = async (tokens: number) => {
    const mine = await held(tokens);
    const costs: [string, { calls: number; writes: number }][] = [];
    for (const [way, take] of Object.entries(WAYS)) {
      const counted = failingStore(store, { at: Infinity, when: 'before' });
      let writes = 0;
      const commit: RecordStore['commit'] = (change) => ((writes += change.write.length), counted.store.commit(change));
      await take({ store: { ...counted.store, commit }, clock: Date.now }, mine);
      costs.push([way, { calls: counted.calls(), writes }]);
    }
    return costs;
  };
  const few = await costsWith(1);
  expect(await costsWith(10_000)).toEqual(few);
  for (const [way, { calls, writes }] of few) expect([way, calls < 10, writes < 5]).toEqual([way, true, true]);
});

/** What the tenant's log says of the taking back. */
async function told({ tenant }: Held, before: number): Promise<string[]> {
  const entries = await store.follow(shardOf(tenant), before, 100);
  return entries.map(({ event }) => event as AssentEvent).flatMap(({ type, tenant: whose }) => (whose === tenant ? [type] : []));
}

async function endOfLog({ tenant }: Held): Promise<number> {
  let at = 0;
  for (;;) {
    const entries = await store.follow(shardOf(tenant), at, 500);
    if (entries.length === 0) return at;
    at = entries.at(-1)!.position;
  }
}

describe('xR2 I2 I7 a process that dies at any storage call', () => {
  test.each(Object.entries(WAYS).filter(([name]) => !name.startsWith('removing the app')))(
    'of %s leaves it done or not done, and done again it is done with one entry in the log',
    async (_, take) => {
      const counted = failingStore(store, { at: Infinity, when: 'before' });
      await take({ store: counted.store, clock: Date.now }, await held(1));
      const places = Array.from({ length: counted.calls() }, (__, place) => place + 1);
      const failures = places.flatMap((at): Failure[] => [{ at, when: 'before', forGood: true }, { at, when: 'after', forGood: true }]);
      for (const failure of failures) {
        const mine = await held(1);
        const before = await endOfLog(mine);
        const dying = failingStore(store, failure);
        await expect(take({ store: dying.store, clock: Date.now }, mine)).rejects.toMatchObject({ code: 'storage_unavailable' });
        await take(sound(), mine).catch(() => undefined);
        expect([failure, await told(mine, before)]).toEqual([failure, [expect.any(String)]]);
      }
    },
  );
});
