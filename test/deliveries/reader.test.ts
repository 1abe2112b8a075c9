import { afterEach, describe, expect, it } from '@jest/globals';

import { Undeliverable } from '#src/deliveries/delivery.ts';
import { deliveriesOf, deliveryFailures } from '#src/deliveries/delivery-store.ts';
import type { EventReader } from '#src/deliveries/event-reader.ts';
import { happened, type AssentEvent } from '#src/events.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { allShards, shardOf } from '#src/storage/shards.ts';
import type { TenantId } from '#src/ids.ts';
import { onEachEngine, system, type Domain } from '#test/support/domain.ts';
import { until } from '#test/support/redis.ts';

import { startServer, type DeliveringServer } from './world.ts';

const HOUR = 3_600_000;
const TENANT = 'ten_one' as TenantId;

interface Delivered {
  readonly event: string;
  readonly receiver: string;
}

const servers: DeliveringServer[] = [];
afterEach(async () => {
  for (const server of servers) server.back();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('a reader of the event log', () => {
  onEachEngine((domain) => {
    /** Delivers each `tenant.updated` to two receivers, unless the test says otherwise. */
    function start(to: Delivered[], more: Partial<EventReader> = {}): DeliveringServer {
      const server = startServer(domain(), () => ({
        name: 'test',
        types: new Set(['tenant.updated']),
        receiversOf: async () => ['a', 'b'],
        deliver: async (event, receiver) => void to.push({ event: event.id, receiver }),
        ...more,
      }));
      servers.push(server);
      return server;
    }
    const happens = (tenant = TENANT, store: RecordStore = domain().deps.store) => add(domain(), tenant, store);
    const counted = (delivered: readonly Delivered[]) => Object.groupBy(delivered, ({ event, receiver }) => `${event} ${receiver}`);

    it('brings each event to each of its receivers, in whatever shard it happened, and passes others over', async () => {
      const delivered: Delivered[] = [];
      const before = await Promise.all(allShards().slice(0, 40).map((shard) => happens(`ten_${shard}` as TenantId)));
      start(delivered);
      await domain().deps.store.commit({ shard: shardOf(TENANT), write: [], events: [happened({ type: 'rules.changed', tenant: TENANT }, { actor: system, now: 0 })] });
      const after = await Promise.all(allShards().slice(40, 80).map((shard) => happens(`ten_${shard}` as TenantId)));
      await until('all were delivered', () => delivered.length === 160);
      const expected = [...before, ...after].flatMap((event) => [`${event} a`, `${event} b`]);
      expect(Object.keys(counted(delivered)).toSorted()).toEqual(expected.toSorted());
    });

    it('hears at once of what its own process did', async () => {
      const delivered: Delivered[] = [];
      const { store } = start(delivered);
      await happens(TENANT, store);
      await until('it was delivered', () => delivered.length === 2);
      const begun = performance.now();
      await happens(TENANT, store);
      await until('the next was delivered', () => delivered.length === 4);
      expect(performance.now() - begun).toBeLessThan(1000);
    });

    it('delivers once when two servers read the same log', async () => {
      const delivered: Delivered[] = [];
      start(delivered);
      start(delivered);
      const events = [];
      for (let place = 0; place < 50; place += 1) events.push(await happens(`ten_${place % 10}` as TenantId));
      await until('all were delivered', () => delivered.length >= 100);
      await settled(delivered);
      expect(Object.values(counted(delivered)).map((same) => same?.length)).toEqual(Array.from({ length: 100 }, () => 1));
    });

    it('gives its shards to another server when it stops', async () => {
      const delivered: Delivered[] = [];
      const first = start(delivered);
      await happens();
      await until('the first delivered', () => delivered.length === 2);
      start(delivered);
      await first.stop();
      await happens();
      await until('the second delivered', () => delivered.length === 4);
      await settled(delivered);
      expect(delivered).toHaveLength(4);
    });

    it('loses its shards to another server ten seconds after it was cut off', async () => {
      const delivered: Delivered[] = [];
      const first = start(delivered);
      await happens();
      await until('the first delivered', () => delivered.length === 2);
      first.cutOff();
      const others: Delivered[] = [];
      start(others);
      await happens();
      await settled(others);
      expect(others).toEqual([]);
      domain().pass(11_000);
      await until('the other took over', () => others.length === 2);
      expect(delivered).toHaveLength(2);
    });

    it('tries again what failed, later each time, and lets nothing else wait for it', async () => {
      const delivered: Delivered[] = [];
      let broken = true;
      const tries: number[] = [];
      start(delivered, {
        async deliver(event, receiver) {
          if (receiver === 'a' && broken) {
            tries.push(domain().deps.clock());
            throw new Error('The other side is not there.');
          }
          delivered.push({ event: event.id, receiver });
        },
      });
      const event = await happens();
      await until('the other receiver has it', () => delivered.length === 1);
      for (const wait of [10_000, 60_000, 300_000]) {
        const before = tries.length;
        domain().pass(wait);
        await until('it was tried again', () => tries.length > before);
      }
      expect(tries.map((time) => time - tries[0]!)).toEqual([0, 10_000, 70_000, 370_000]);
      broken = false;
      domain().pass(HOUR);
      await until('it arrived', () => delivered.length === 2);
      expect(delivered).toEqual([{ event, receiver: 'b' }, { event, receiver: 'a' }]);
      expect((await deliveryFailures(domain().deps, { limit: 10 })).records).toEqual([]);
    });

    it('sets aside, where operators see it, what fails again and again', async () => {
      const delivered: Delivered[] = [];
      let tries = 0;
      const server = start(delivered, {
        async receiversOf(event) {
          if ((event as { tenant: string }).tenant !== 'ten_poison') return ['a'];
          tries += 1;
          throw new TypeError('This event is not understood.');
        },
      });
      const poison = await happens('ten_poison' as TenantId);
      const neighbour = await happens(sameShard('ten_poison'));
      await until('its neighbour is delivered', () => delivered.length === 1);
      expect(delivered).toEqual([{ event: neighbour, receiver: 'a' }]);
      const failures = async () => (await deliveryFailures(domain().deps, { limit: 10 })).records.map(({ value }) => value);
      const nextDue = async () => (await deliveriesOf(domain().deps, shardOf('ten_poison'), 'test', 1)).records[0]?.value.due;
      while ((await failures()).length === 0) {
        const due = await nextDue();
        domain().pass(24 * HOUR);
        await until('the try was noted', async () => (await nextDue()) !== due);
      }
      expect(tries).toBe(11);
      expect(await failures()).toMatchObject([{ reader: 'test', event: { id: poison }, receiver: null, tries: 11, why: 'This event is not understood.' }]);
      expect(server.logged.filter(({ level }) => level === 'error')).toEqual([{ level: 'error', message: 'a delivery was given up' }]);
      domain().pass(24 * HOUR);
      await settled([], 1500);
      expect(tries).toBe(11);
    });

    it('sets aside at once what can never be delivered', async () => {
      const tried: string[] = [];
      start([], {
        async deliver(_, receiver) {
          tried.push(receiver);
          throw new Undeliverable('There is nobody of that name.');
        },
      });
      await happens();
      await until('both were set aside', async () => (await deliveryFailures(domain().deps, { limit: 10 })).records.length === 2);
      expect(tried.toSorted()).toEqual(['a', 'b']);
    });

    it('waits while storage is away and counts no try against an event', async () => {
      const delivered: Delivered[] = [];
      const server = start(delivered);
      await happens();
      await until('the first was delivered', () => delivered.length === 2);
      server.cutOff();
      await happens();
      await until('it noticed', () => server.logged.length > 0);
      expect(delivered).toHaveLength(2);
      server.back();
      await until('it went on', () => delivered.length === 4);
      expect((await deliveryFailures(domain().deps, { limit: 10 })).records).toEqual([]);
      expect(server.logged.every(({ message }) => message === 'the event log could not be read on; trying again')).toBe(true);
    });

    it('delivers again what was delivered when storage failed before that was written down', async () => {
      const delivered: Delivered[] = [];
      const server: DeliveringServer = start(delivered, {
        async receiversOf() {
          return ['a'];
        },
        async deliver(event: AssentEvent, receiver: string) {
          delivered.push({ event: event.id, receiver });
          if (delivered.length === 1) server.cutOff();
        },
      });
      const event = await happens();
      await until('it was delivered', () => delivered.length === 1);
      server.back();
      await until('it was delivered again', () => delivered.length === 2);
      await settled(delivered);
      expect(delivered).toEqual([{ event, receiver: 'a' }, { event, receiver: 'a' }]);
    });

    it('stops within seconds though a delivery hangs', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let hangs = false;
      const server = start([], {
        deliver: async () => {
          hangs = true;
          await promise;
        },
      });
      await happens();
      await until('it hangs', () => hangs);
      const begun = performance.now();
      await server.stop();
      expect(performance.now() - begun).toBeLessThan(3000);
      resolve();
    });
  });
});

async function add(domain: Domain, tenant: TenantId, store: RecordStore): Promise<string> {
  const event = happened({ type: 'tenant.updated', tenant }, { actor: system, now: domain.deps.clock() });
  await store.commit({ shard: shardOf(tenant), write: [], events: [event] });
  return event.id;
}

/** Nothing more comes for a while. */
async function settled(list: readonly unknown[], quietMs = 1500): Promise<void> {
  for (let before = -1; before !== list.length; ) {
    before = list.length;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  }
}

function sameShard(id: string): TenantId {
  for (let number = 0; ; number += 1) if (shardOf(`ten_${number}`) === shardOf(id)) return `ten_${number}` as TenantId;
}
