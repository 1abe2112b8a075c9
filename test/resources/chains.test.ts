import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { AppError } from '#src/errors.ts';
import type { MembershipId, UserId } from '#src/ids.ts';
import { isReachable, rightOfMember } from '#src/resources/chain.ts';
import { deleteResource, recycleResource, restoreResource } from '#src/resources/change-resource.ts';
import { placeResources } from '#src/resources/place-resources.ts';
import { readChain } from '#src/resources/read-chains.ts';
import { LEFTOVER } from '#src/resources/resource-records.ts';
import { childrenOf } from '#src/resources/resource-store.ts';
import { giveRights } from '#src/resources/right-store.ts';
import { sweepResources } from '#src/resources/sweep-resources.ts';
import type { ResourceRef } from '#src/resources/resource.ts';
import { openStore } from '#src/storage/open-store.ts';
import type { RecordStore } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { findMember } from '#src/tenants/member-store.ts';
import { ada, ben, makeNorthwind, northwind as tenant, system } from '#test/support/domain.ts';
import { testCatalogue as catalogue } from '#test/support/catalogue.ts';
import { testResourceKinds as resourceKinds } from '#test/support/resource-kinds.ts';

let store: RecordStore;
let trips = 0;
const clock = () => Date.parse('2026-11-21T20:00:00Z');
beforeEach(async () => {
  store = await openStore('sqlite::memory:', { clock });
  await makeNorthwind({ deps: { store, clock, catalogue }, pass: () => {} });
});
afterEach(() => store.close());

const deps = () => ({ store, clock, resourceKinds });
const counted = () => ({ ...deps(), store: { ...store, read: (...keys: never[]) => ((trips += 1), store.read(...keys)) } as RecordStore });
const web = (id: string | number): ResourceRef => ({ kind: 'web', id: String(id) });
const top: ResourceRef = { kind: 'tenancy', id: 'top' };
const place = (nodes: readonly { ref: ResourceRef; parent: ResourceRef | null }[]) =>
  placeResources(deps(), { tenant, nodes: nodes.map(({ ref, parent }) => ({ ...ref, title: ref.id, parent })) }, system);
const membershipOf = async (user: UserId) => (await findMember(deps(), tenant, user))?.membership as MembershipId;

const SITES = 6;
type Step = readonly ['place' | 'move' | 'recycle' | 'restore' | 'delete' | 'sweep', number, number];
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('place', 'place', 'move', 'move', 'move', 'recycle', 'restore', 'delete', 'sweep'),
  fc.nat(SITES - 1),
  fc.integer({ min: -1, max: SITES - 1 }),
);

/** The tree as anybody would draw it: who stands under whom, and what is in the bin. `-1` is the top. */
class NaiveTree {
  readonly parents = new Map<number, number>();
  readonly bin = new Set<number>();

  above(site: number): number[] {
    const parent = this.parents.get(site);
    return parent === undefined || parent === -1 ? [] : [parent, ...this.above(parent)];
  }
  apply([what, site, under]: Step): boolean {
    const there = this.parents.has(site);
    if (what === 'sweep') return true;
    if (what === 'place' || what === 'move') {
      const possible = (what === 'place' || there) && (under === -1 || this.parents.has(under)) && under !== site && !this.above(under).includes(site);
      if (possible) this.parents.set(site, under);
      return possible;
    }
    if (!there) return false;
    if (what === 'recycle') this.bin.add(site);
    if (what === 'restore') this.bin.delete(site);
    if (what === 'delete') for (const gone of [site, ...[...this.parents.keys()].filter((each) => this.above(each).includes(site))]) void (this.bin.delete(gone), this.parents.delete(gone));
    return true;
  }
}

async function applied([what, site, under]: Step): Promise<boolean> {
  const parent = under === -1 ? top : web(under);
  const which = { tenant, ref: web(site) };
  try {
    if (what === 'place') await place([{ ref: web(site), parent }]);
    if (what === 'move') await placeResources(deps(), { tenant, nodes: [{ ...web(site), parent }] }, system);
    if (what === 'recycle') await recycleResource(deps(), which, system);
    if (what === 'restore') await restoreResource(deps(), which, system);
    if (what === 'delete') return await deleteResource(deps(), which, system);
    if (what === 'sweep') await sweepResources(deps(), shardOf(tenant));
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

describe('the chain of a node', () => {
  it('is right after any moves, recycling and deleting, and there is never a circle: the same as of a naive tree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        await deleteResource(deps(), { tenant, ref: top }, system);
        await place([{ ref: top, parent: null }]);
        const naive = new NaiveTree();
        for (const each of steps) expect([each, await applied(each)]).toEqual([each, naive.apply(each)]);
        for (let site = 0; site < SITES; site += 1) {
          const chain = await readChain(deps(), tenant, web(site));
          const expected = naive.parents.has(site) ? [site, ...naive.above(site)] : [];
          expect(chain?.complete ? chain.nodes.slice(0, -1).map(({ value }) => Number(value.id)) : []).toEqual(expected);
          if (chain?.complete) expect(isReachable(chain)).toBe(![site, ...naive.above(site)].some((each) => naive.bin.has(each)));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('S2 counts what stands on it or above it, nothing beside or below', async () => {
    await place([{ ref: top, parent: null }, { ref: web('a'), parent: top }, { ref: web('b'), parent: top }, { ref: web('a1'), parent: web('a') }]);
    await giveRights(deps(), { tenant, ref: web('a'), rights: [{ user: ben, right: 'write' }, { user: ada, right: 'read' }], pointer: () => '' }, system);
    await giveRights(deps(), { tenant, ref: web('a1'), rights: [{ user: ben, right: 'read' }], pointer: () => '' }, system);
    const rights = async (ref: ResourceRef) => {
      const chain = (await readChain(deps(), tenant, ref, [ben, ada]))!;
      const of = async (user: UserId) => rightOfMember(chain, { user, membership: await membershipOf(user) });
      return [await of(ben), await of(ada)];
    };
    expect(await rights(web('a1'))).toEqual(['write', 'read']);
    expect(await rights(web('a'))).toEqual(['write', 'read']);
    for (const ref of [top, web('b')]) expect(await rights(ref)).toEqual([undefined, undefined]);

    await deleteResource(deps(), { tenant, ref: web('a') }, system);
    await place([{ ref: web('a'), parent: top }]);
    expect(await rights(web('a'))).toEqual([undefined, undefined]);
  });

  it('costs two storage trips, as large as the tree is and as deep, and one more for each node above that was moved', async () => {
    const tripsFor = async (ref: ResourceRef) => {
      trips = 0;
      const chain = await readChain(counted(), tenant, ref, [ben]);
      return [trips, chain?.nodes.length];
    };
    await place([{ ref: top, parent: null }, { ref: web(0), parent: top }]);
    expect(await tripsFor(web(0))).toEqual([2, 2]);
    for (let level = 1; level < 8; level += 1) await place([{ ref: web(level), parent: web(level - 1) }]);
    for (let part = 0; part < 8; part += 1) {
      await place(Array.from({ length: 500 }, (_, number) => ({ ref: { kind: 'list', id: `${part}/${number}` }, parent: web(part % 8) })));
    }
    expect(await tripsFor(top)).toEqual([1, 1]);
    expect(await tripsFor({ kind: 'list', id: '7/499' })).toEqual([2, 10]);

    await place([{ ref: web('elsewhere'), parent: top }, { ref: web(4), parent: web('elsewhere') }]);
    expect(await tripsFor({ kind: 'list', id: '7/499' })).toEqual([3, 7]);
  });

  it('S13 what is left below a deleted node is swept up, a part at a time', async () => {
    await place([{ ref: top, parent: null }, { ref: web('a'), parent: top }, ...Array.from({ length: 250 }, (_, number) => ({ ref: web(`a${number}`), parent: web('a') }))]);
    await giveRights(deps(), { tenant, ref: web('a'), rights: [{ user: ben, right: 'write' }], pointer: () => '' }, system);
    await deleteResource(deps(), { tenant, ref: web('a') }, system);
    await place([{ ref: web('a'), parent: top }, { ref: web('new'), parent: web('a') }]);
    const left = async () => (await store.scan({ shard: shardOf(tenant), kind: LEFTOVER, index: 'all', of: '', limit: 1 })).records.length;
    let removed = 0;
    for (let tick = 0; tick < 50 && (await left()) > 0; tick += 1) removed += await sweepResources(deps(), shardOf(tenant));
    expect([await left(), removed]).toEqual([0, 251]);
    expect((await childrenOf(deps(), tenant, web('a'), { limit: 10 })).records.map(({ value }) => value.id)).toEqual(['new']);
    expect(await sweepResources(deps(), shardOf(tenant))).toBe(0);
  });
});
