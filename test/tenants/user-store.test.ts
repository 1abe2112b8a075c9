import { describe, expect, it } from '@jest/globals';

import type { UserId } from '#src/ids.ts';
import { createUser, endAllSessions, findUser, findUserByEmail, listUsers, setPasswordHash, updateUser } from '#src/tenants/user-store.ts';
import { atOnce, eventsOf, onEachEngine, refusal, system, type Domain } from '#test/support/domain.ts';
import { failingStore } from '#test/support/failing-store.ts';
import { shardOf } from '#src/storage/shards.ts';

const ada = { email: 'Ada@Northwind.example', name: 'Ada Lovelace' };

const everybody = async ({ deps }: Domain) => (await listUsers(deps, { limit: 100 })).records.map(({ value }) => value);

describe('users', () => {
  onEachEngine((domain) => {
    it('are found by any spelling of their address, which stays as they wrote it', async () => {
      const { deps } = domain();
      const user = await createUser(deps, ada, system);
      expect(user.email).toBe('Ada@Northwind.example');
      for (const email of ['ada@northwind.example', ' ADA@NORTHWIND.EXAMPLE ', 'ａda@northwind.example']) {
        expect(await findUserByEmail(deps, email)).toEqual(user);
      }
      for (const email of ['', 'ada', 'ben@northwind.example', '{s0}:*', 'x'.repeat(5000)]) {
        expect(await findUserByEmail(deps, email)).toBeUndefined();
      }
    });

    it('refuse an address that somebody has, and what is no address', async () => {
      const { deps } = domain();
      await createUser(deps, ada, system);
      expect(await refusal(createUser(deps, { ...ada, email: 'ADA@northwind.example' }, system))).toBe('conflict');
      expect(await refusal(createUser(deps, { ...ada, email: 'ada@' }, system))).toBe('invalid_request');
      expect(await everybody(domain())).toHaveLength(1);
    });

    it('are one person when many servers make them at the same time', async () => {
      const { deps } = domain();
      const { done, refused } = await atOnce(
        Array.from({ length: 12 }, (_, n) => createUser(deps, { ...ada, ...(n % 3 === 0 ? { id: `usr_${n}` } : {}) }, system)),
      );
      expect(done).toHaveLength(1);
      expect(refused).toHaveLength(11);
      expect(await everybody(domain())).toEqual(done);
      expect(await findUserByEmail(deps, ada.email)).toEqual(done[0]);
    });

    it('never give an address to two people when one id is wanted for two addresses', async () => {
      const { deps } = domain();
      const { done } = await atOnce(['a', 'b', 'c'].map((name) => createUser(deps, { id: 'usr_1', email: `${name}@x.example`, name }, system)));
      expect(done).toHaveLength(1);
      for (const name of ['a', 'b', 'c']) {
        const email = `${name}@x.example`;
        if (email === done[0]!.email) continue;
        expect(await findUserByEmail(deps, email)).toBeUndefined();
        const user = await createUser(deps, { email, name }, system);
        expect(await findUserByEmail(deps, email)).toEqual(user);
      }
    });

    it('xR2 are made whole by trying again, wherever the first try died', async () => {
      const { deps } = domain();
      const counted = failingStore(deps.store, { at: Infinity, when: 'before' });
      await createUser({ ...deps, store: counted.store }, { ...ada, email: 'count@x.example' }, system);
      for (let at = 1; at <= counted.calls(); at += 1) {
        for (const when of ['before', 'after'] as const) {
          const email = `dies-${when}-${at}@x.example`;
          const { store } = failingStore(deps.store, { at, when, forGood: true });
          expect(await refusal(createUser({ ...deps, store }, { ...ada, email }, system))).toBe('storage_unavailable');
          const halfMade = await findUserByEmail(deps, email);
          const again = createUser(deps, { ...ada, email }, system);
          if (halfMade) expect(await refusal(again)).toBe('conflict');
          else await again;
          expect((await everybody(domain())).filter((user) => user.email === email)).toEqual([await findUserByEmail(deps, email)]);
        }
      }
    });

    it('are told that what they did ended their sessions: a new password, signing out everywhere, being disabled', async () => {
      const { deps, pass } = domain();
      const { id } = await createUser(deps, { ...ada, passwordHash: 'old' }, system);
      const begun = deps.clock();
      pass(1);
      expect((await setPasswordHash(deps, id, 'new', system)).sessionsValidFrom).toBeGreaterThan(begun);
      pass(1000);
      const again = deps.clock();
      expect((await endAllSessions(deps, id, system)).sessionsValidFrom).toBeGreaterThan(again);
      pass(-3_600_000);
      const before = (await findUser(deps, id))!.sessionsValidFrom;
      expect((await updateUser(deps, { id, status: 'disabled' }, system)).sessionsValidFrom).toBeGreaterThan(before);
      expect(await findUser(deps, id)).toMatchObject({ passwordHash: 'new', status: 'disabled' });
      const events = await eventsOf(deps.store, shardOf(id));
      expect(events.filter((event) => 'user' in event && event.user === id).map(({ type }) => type)).toEqual([
        'user.created', 'user.password_changed', 'user.signed_out', 'user.updated',
      ]);
      expect(JSON.stringify(events)).not.toContain('new');
    });

    it('keep their sessions when only their name changes', async () => {
      const { deps } = domain();
      const { id, sessionsValidFrom } = await createUser(deps, ada, system);
      expect(await updateUser(deps, { id, name: 'Ada King' }, system)).toMatchObject({ name: 'Ada King', sessionsValidFrom });
      expect(await refusal(updateUser(deps, { id: 'usr_unknown' as UserId, name: 'Nobody' }, system))).toBe('not_found');
    });
  });
});
