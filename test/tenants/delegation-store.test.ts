import { describe, expect, it } from '@jest/globals';

import type { DelegationId, TenantId, UserId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import type { EndedBy } from '#src/tenants/end-delegation.ts';
import {
  changeDelegation, delegationsFrom, delegationsTo, endDelegation, giveDelegation, liveDelegationsTo, readDelegation,
} from '#src/tenants/delegation-store.ts';
import { addMember, changeMember, removeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';

describe('delegations', () => {
  onEachEngine((domain) => {
    const give = (more: Partial<Parameters<typeof giveDelegation>[1]> = {}) =>
      giveDelegation(
        domain().deps,
        { tenant: northwind, giver: ada, receiver: ben, permissions: ['meetings:read', 'calendar:read'], endsAt: null, ...more },
        system,
      );
    const live = async (receiver: UserId = ben) => (await liveDelegationsTo(domain().deps, northwind, receiver)).map(({ id }) => id);
    const ended = async () => (await eventsOf(domain().deps.store, shardOf(northwind))).filter(({ type }) => type === 'delegation.ended');

    it('let the receiver, and nobody else, do what the giver said', async () => {
      await makeNorthwind(domain());
      const delegation = await giveDelegation(
        domain().deps,
        { tenant: northwind, giver: ada, receiver: ben, permissions: ['meetings:read', 'meetings:read'], endsAt: null },
        by(ada),
      );
      expect(delegation.permissions).toEqual(['meetings:read']);
      expect(await liveDelegationsTo(domain().deps, northwind, ben)).toEqual([delegation]);
      for (const other of [ada, chloe, dan]) expect(await live(other)).toEqual([]);
      expect(await liveDelegationsTo(domain().deps, 'ten_other' as TenantId, ben)).toEqual([]);
    });

    it('xS2 are refused when they are not the giver\'s to give, name strangers, or permissions that are none', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const input = { tenant: northwind, giver: ada, receiver: ben, permissions: ['meetings:read'], endsAt: null };
      for (const actor of [by(ben), by(chloe)]) expect(await refusal(giveDelegation(deps, input, actor))).toBe('forbidden');
      for (const permissions of [[], ['meetings:all'], ['directory:read'], ['shared_access'], ['openid'], ['meetings:read', '__proto__']]) {
        expect(await refusal(give({ permissions }))).toBe('invalid_request');
      }
      expect(await refusal(give({ receiver: ada }))).toBe('invalid_request');
      expect(await refusal(give({ receiver: 'usr_stranger' as UserId }))).toBe('invalid_request');
      expect(await refusal(give({ tenant: 'ten_other' as TenantId }))).toBe('invalid_request');
      for (const endsAt of ['2026-11-21T19:59:59Z', 'tomorrow', '']) expect(await refusal(give({ endsAt }))).toBe('invalid_request');
      expect(await live()).toEqual([]);
    });

    it('end at the moment that was said, not later', async () => {
      await makeNorthwind(domain());
      const { deps, pass } = domain();
      const delegation = await give({ endsAt: '2026-11-21T20:01:00+00:00' });
      expect(delegation.endsAt).toBe('2026-11-21T20:01:00.000Z');
      pass(59_999);
      expect(await live()).toEqual([delegation.id]);
      pass(1);
      expect(await live()).toEqual([]);
      expect((await delegationsTo(deps, northwind, ben, { limit: 10 })).records).toEqual([]);
    });

    it('change only as their giver wants, and then at once', async () => {
      await makeNorthwind(domain());
      const { deps, pass } = domain();
      const { id } = await give();
      const change = { tenant: northwind, id };
      await changeDelegation(deps, { ...change, permissions: ['meetings:read'] }, by(ada));
      expect((await liveDelegationsTo(deps, northwind, ben))[0]?.permissions).toEqual(['meetings:read']);
      for (const other of [ben, chloe]) {
        expect(await refusal(changeDelegation(deps, { ...change, permissions: ['meetings:write'] }, by(other)))).toBe('not_found');
      }
      expect(await refusal(changeDelegation(deps, { ...change, permissions: [] }, by(ada)))).toBe('invalid_request');
      await changeDelegation(deps, { ...change, endsAt: '2026-11-21T20:01:00Z' }, by(ada));
      expect((await liveDelegationsTo(deps, northwind, ben))[0]).toMatchObject({ permissions: ['meetings:read'], endsAt: '2026-11-21T20:01:00.000Z' });
      await changeDelegation(deps, { ...change, endsAt: null }, by(ada));
      pass(120_000);
      expect(await live()).toEqual([id]);
    });

    it('xS1 shrink with what their giver loses: the permission, the place in the tenant, the stay', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id } = await give();
      const giver = { tenant: northwind, user: ada };
      await changeMember(deps, { tenant: northwind, user: chloe, role: 'owner' }, system);
      await changeMember(deps, { ...giver, status: 'inactive' }, system);
      expect(await live()).toEqual([]);
      expect((await delegationsTo(deps, northwind, ben, { limit: 10 })).records).toHaveLength(1);
      await changeMember(deps, { ...giver, status: 'active' }, system);
      expect(await live()).toEqual([id]);
      await changeMember(deps, { tenant: northwind, user: ben, status: 'inactive' }, system);
      expect(await live()).toEqual([]);
      await changeMember(deps, { tenant: northwind, user: ben, status: 'active' }, system);
      await removeMember(deps, giver, system);
      expect(await live()).toEqual([]);
    });

    it.each(['giver', 'receiver'] as const)('xT6 stay dead when their %s left and came back', async (side) => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const delegation = await give({ giver: dan });
      expect(await live()).toEqual([delegation.id]);
      await removeMember(deps, { tenant: northwind, user: delegation[side] }, system);
      await addMember(deps, { tenant: northwind, user: delegation[side], role: 'member' }, system);
      expect(await live()).toEqual([]);
      expect((await delegationsTo(deps, northwind, ben, { limit: 10 })).records).toEqual([]);
      expect((await delegationsFrom(deps, northwind, dan, { limit: 10 })).records).toEqual([]);
      expect(await readDelegation(deps, northwind, delegation.id)).toBeUndefined();
      expect(await refusal(changeDelegation(deps, { tenant: northwind, id: delegation.id, permissions: ['meetings:write'] }, by(dan)))).toBe('not_found');
    });

    const enders: readonly (readonly [EndedBy, UserId])[] = [['giver', ada], ['receiver', ben], ['admin', chloe]];
    const orders = enders.flatMap((first) => enders.map((second) => [first, second] as const));

    it.each(orders)('xS4 are dead once ended by %j and then by %j, with one event', async ([first, one], [second, two]) => {
      await makeNorthwind(domain());
      const { deps } = domain();
      const { id } = await give();
      expect(await endDelegation(deps, northwind, id, first, by(one))).toBe(true);
      expect(await live()).toEqual([]);
      expect(await endDelegation(deps, northwind, id, second, by(two))).toBe(false);
      expect(await live()).toEqual([]);
      expect(await ended()).toMatchObject([{ delegation: id, by: first, actor: by(one) }]);
    });

    it('xS4 are ended once when giver, receiver and admin end them at the same time, also while they are widened', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      for (let round = 0; round < 5; round += 1) {
        const { id } = await give();
        const { done } = await atOnce<unknown>([
          changeDelegation(deps, { tenant: northwind, id, permissions: ['meetings:write'] }, by(ada)),
          ...enders.map(([side, user]) => endDelegation(deps, northwind, id, side, by(user))),
        ]);
        expect(done.filter((answer) => answer === true)).toHaveLength(1);
        expect(await live()).toEqual([]);
        expect(await ended()).toHaveLength(round + 1);
      }
    });

    it('xS2 cannot be ended by somebody who has no part in them, and the answer tells them nothing', async () => {
      await makeNorthwind(domain());
      const { deps } = domain();
      await createTenant(deps, { id: 'ten_other', name: 'Other' }, system);
      await addMember(deps, { tenant: 'ten_other' as TenantId, user: dan, role: 'owner' }, system);
      const { id } = await give();
      for (const side of ['giver', 'receiver', 'admin'] as const) {
        expect(await endDelegation(deps, northwind, id, side, by(dan))).toBe(false);
        expect(await endDelegation(deps, 'ten_other' as TenantId, id, side, by(dan))).toBe(false);
        expect(await endDelegation(deps, northwind, 'del_unknown' as DelegationId, side, by(dan))).toBe(false);
      }
      expect(await endDelegation(deps, northwind, id, 'giver', by(ben))).toBe(false);
      expect(await endDelegation(deps, northwind, id, 'admin', by(ben))).toBe(false);
      expect(await live()).toEqual([id]);
    });

    it('are listed for giver and receiver, in pages', async () => {
      await makeNorthwind(domain());
      const { deps, pass } = domain();
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        ids.push((await give()).id);
        pass(1);
      }
      for (const list of [(after?: string) => delegationsTo(deps, northwind, ben, { after, limit: 2 }), (after?: string) => delegationsFrom(deps, northwind, ada, { after, limit: 2 })]) {
        const first = await list();
        const second = await list(first.next);
        const third = await list(second.next);
        expect([first, second, third].flatMap(({ records }) => records.map(({ value }) => value.id))).toEqual(ids);
      }
      expect((await delegationsFrom(deps, northwind, ben, { limit: 10 })).records).toEqual([]);
    });

    it('from one person are bounded, and ending one makes room', async () => {
      await makeNorthwind(domain());
      const given = [];
      for (let n = 0; n < 100; n += 1) given.push(await give());
      expect(await refusal(give())).toBe('conflict');
      await endDelegation(domain().deps, northwind, given[0]!.id, 'giver', by(ada));
      await give();
      expect(await live()).toHaveLength(100);
    });
  });
});
