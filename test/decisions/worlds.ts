import fc from 'fast-check';

import { METHODS, PERMISSIONS, RIGHTS, type GivenNode, type Identity, type NaiveApp, type NaiveWorld, type Range, type Right } from './naive.ts';

const PEOPLE = ['usr_0', 'usr_1', 'usr_2'];
const GROUPS = ['grp_0', 'grp_1'];
const APPS = ['app_0', 'app_1'];
const NAMES = Object.keys(PERMISSIONS);
const ROLES = [...new Set(Object.values(METHODS).flatMap(({ roles }) => roles))];

/** Worlds in which most things stand, and some are over, gone, shut or of an earlier time. */
export const worlds: fc.Arbitrary<NaiveWorld> = fc.gen().map((generate) => {
  const chance = (percent: number) => generate(fc.integer, { min: 0, max: 99 }) < percent;
  const one = <T>(of: readonly T[]): T => of[generate(fc.integer, { min: 0, max: of.length - 1 })]!;
  const some = <T>(of: readonly T[], percent = 60): T[] => of.filter(() => chance(percent));
  const count = (most: number) => Array.from({ length: generate(fc.integer, { min: 0, max: most }) });
  /** The present one mostly, else the one before. */
  const mostly = (now: number) => (chance(94) ? now : now - 1);
  const range = (): Range & { kind: 'some' } => ({ kind: 'some', groups: some(GROUPS), members: some(PEOPLE, 40) });

  const people = PEOPLE.map((id) => ({
    id,
    account: chance(96) ? ('active' as const) : ('disabled' as const),
    member: chance(96) ? { status: chance(95) ? ('active' as const) : ('inactive' as const), stay: 2, groups: some(GROUPS, 40) } : null,
  }));
  const nodes = ['tenancy', 'web', 'web', 'list', 'list', 'list'].map((kind, place) => ({
    id: `${kind} ${place}`,
    kind,
    parent: place === 0 ? null : one(place < 3 ? [...Array(place).keys()] : [0, 1, 2]),
    parentLife: mostly(2),
    life: 2,
    status: chance(92) ? ('active' as const) : one(['recycled', 'deleted'] as const),
  }));
  const given = (): GivenNode[] => count(4).map(() => ({ node: one([...nodes.keys()]), life: mostly(2), right: one(RIGHTS) }));
  const once = <T>(list: readonly T[], nameOf: (item: T) => string): T[] => [...new Map(list.map((item) => [nameOf(item), item])).values()];

  const apps = APPS.map((id): NaiveApp => {
    const asks = (): { kind: string; right: Right }[] => some(['tenancy', 'web', 'list'], 85).map((kind) => ({ kind, right: one(RIGHTS) }));
    const asked = { user: asks(), tenant: asks() };
    const names = (identity: Identity) => [...NAMES, ...asked[identity].map(({ kind, right }) => `${identity === 'user' ? 'resource_access' : 'app_only'}:${kind}:${right}`)];
    return {
      id,
      status: chance(95) ? 'active' : 'disabled',
      declares: { user: some(NAMES.filter((name) => PERMISSIONS[name]!.user), 85), tenant: some(NAMES.filter((name) => PERMISSIONS[name]!.tenant), 85) },
      sharedAccess: chance(80),
      appOnly: chance(80),
      asks: asked,
      approval: chance(70)
        ? {
            status: chance(93) ? 'approved' : one(['withdrawn', 'blocked'] as const),
            generation: 2,
            permissions: { user: some(names('user'), 70), tenant: some(names('tenant'), 80) },
            availability: chance(70) ? { kind: 'everyone' } : range(),
          }
        : null,
    };
  });
  const generation = (app: string) => (apps.find(({ id }) => id === app)?.approval ? (chance(88) ? 2 : 1) : 0);

  return {
    tenant: chance(96) ? 'active' : 'suspended',
    people,
    groups: some(GROUPS, 65),
    nodes,
    rights: once(count(16).map(() => ({ person: one(PEOPLE), stay: mostly(2), node: one([...nodes.keys()]), life: mostly(2), right: one(RIGHTS) })), ({ person, node }) => `${person} ${node}`),
    delegations: count(6)
      .map(() => ({ from: one(PEOPLE), fromStay: mostly(2), to: one(PEOPLE), toStay: mostly(2), permissions: some(NAMES.filter((name) => PERMISSIONS[name]!.user)) }))
      .filter(({ from, to }) => from !== to),
    apps,
    grants: PEOPLE.flatMap((person) => some(APPS, 80).map((app) => ({ person, stay: mostly(2), app, generation: generation(app), permissions: some(NAMES, 80), sharedAccess: chance(60), nodes: given() }))),
    installations: some(APPS, 80).map((app) => ({ app, generation: generation(app), status: chance(90) ? ('active' as const) : ('suspended' as const), permissions: some(NAMES, 80), nodes: given(), range: chance(50) ? { kind: 'all' as const } : range() })),
    contexts: ['ctx_0', 'ctx_1'].map((id) => ({
      id,
      status: chance(88) ? ('open' as const) : ('ended' as const),
      places: [
        ...some(PEOPLE, 70).map((person) => ({ person, stay: mostly(2), guest: null, role: one(ROLES) })),
        ...(chance(60) ? [{ person: null, stay: 0, guest: 'Gus', role: 'guest' }] : []),
      ],
    })),
  };
});

export { APPS, PEOPLE };
