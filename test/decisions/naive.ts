/**
 * The rules of who may do what once more, as plainly as they can be written: over a whole world in memory, downwards from
 * what was given, without a thought for how it is stored or read. `agreement.test.ts` holds Assent against it.
 */

export const RIGHTS = ['read', 'write', 'manage', 'full_control'] as const;
export type Right = (typeof RIGHTS)[number];
export type Identity = 'user' | 'tenant';

/** `stay`, `life` and `generation` count up: what names an earlier one is over. */
export interface NaiveWorld {
  readonly tenant: 'active' | 'suspended';
  readonly people: readonly { readonly id: string; readonly account: 'active' | 'disabled'; readonly member: { readonly status: 'active' | 'inactive'; readonly stay: number; readonly groups: readonly string[] } | null }[];
  /** Those that there still are. */
  readonly groups: readonly string[];
  readonly nodes: readonly { readonly id: string; readonly kind: string; readonly parent: number | null; readonly parentLife: number; readonly life: number; readonly status: 'active' | 'recycled' | 'deleted' }[];
  readonly rights: readonly { readonly person: string; readonly stay: number; readonly node: number; readonly life: number; readonly right: Right }[];
  readonly delegations: readonly { readonly from: string; readonly fromStay: number; readonly to: string; readonly toStay: number; readonly permissions: readonly string[] }[];
  readonly apps: readonly NaiveApp[];
  readonly grants: readonly { readonly person: string; readonly stay: number; readonly app: string; readonly generation: number; readonly permissions: readonly string[]; readonly sharedAccess: boolean; readonly nodes: readonly GivenNode[] }[];
  readonly installations: readonly { readonly app: string; readonly generation: number; readonly status: 'active' | 'suspended'; readonly permissions: readonly string[]; readonly nodes: readonly GivenNode[]; readonly range: Range }[];
  readonly contexts: readonly { readonly id: string; readonly status: 'open' | 'ended'; readonly places: readonly { readonly person: string | null; readonly stay: number; readonly guest: string | null; readonly role: string }[] }[];
}

export type Range = { readonly kind: 'all' } | { readonly kind: 'some'; readonly groups: readonly string[]; readonly members: readonly string[] };

export interface GivenNode {
  readonly node: number;
  readonly life: number;
  readonly right: Right;
}

export interface NaiveApp {
  readonly id: string;
  readonly status: 'active' | 'disabled';
  readonly declares: Readonly<Record<Identity, readonly string[]>>;
  readonly sharedAccess: boolean;
  readonly appOnly: boolean;
  readonly asks: Readonly<Record<Identity, readonly { readonly kind: string; readonly right: Right }[]>>;
  readonly approval: { readonly status: 'approved' | 'withdrawn' | 'blocked'; readonly generation: number; readonly permissions: Readonly<Record<Identity, readonly string[]>>; readonly availability: { readonly kind: 'everyone' } | (Range & { readonly kind: 'some' }) } | null;
}

/** Permissions: for whom, and whether they act at once for a member and for a tenant that says nothing of them. */
export const PERMISSIONS: Readonly<Record<string, { readonly user: boolean; readonly tenant: boolean; readonly atOnce: Readonly<Record<Identity, boolean>> }>> = {
  'a:read': { user: true, tenant: false, atOnce: { user: true, tenant: true } },
  'b:write': { user: true, tenant: true, atOnce: { user: true, tenant: false } },
  'c:all': { user: false, tenant: true, atOnce: { user: true, tenant: true } },
  'd:secret': { user: true, tenant: true, atOnce: { user: false, tenant: false } },
};

/** What can be done with nodes. */
export const ACTIONS: Readonly<Record<string, Readonly<Record<string, Right>>>> = {
  tenancy: { read: 'read', write: 'write', manage: 'manage', full_control: 'full_control' },
  web: { read: 'read', write: 'write', manage: 'manage', full_control: 'full_control' },
  list: { view: 'read', edit: 'write', remove: 'manage' },
};

export interface NaiveMethod {
  readonly roles: readonly string[];
  /** Of those, who may only on what is theirs. */
  readonly own: readonly string[];
  readonly permission: string | null;
  /** Whether a member must have connected the app. */
  readonly connected: boolean;
}

export const METHODS: Readonly<Record<string, NaiveMethod>> = {
  show: { roles: ['owner', 'participant', 'guest'], own: [], permission: null, connected: false },
  speak: { roles: ['owner', 'participant'], own: [], permission: null, connected: true },
  list: { roles: ['owner'], own: [], permission: 'a:read', connected: true },
  play: { roles: ['owner', 'participant'], own: ['owner', 'participant'], permission: null, connected: true },
  change: { roles: ['owner', 'participant'], own: ['participant'], permission: 'b:write', connected: true },
};

export interface Who {
  readonly person: string | null;
  readonly guest: string | null;
  readonly app: string | null;
}

export type Thing =
  | { readonly is: 'node'; readonly node: number; readonly owner: string | null }
  | { readonly is: 'context'; readonly context: number; readonly owner: string | null }
  | { readonly is: 'data'; readonly owner: string };

const reaches = (held: Right, needed: Right) => RIGHTS.indexOf(held) >= RIGHTS.indexOf(needed);

export function mayDo(world: NaiveWorld, who: Who, action: string, thing: Thing): boolean {
  if (world.tenant !== 'active') return false;
  if (who.person !== null && !isThere(world, who.person)) return false;
  const app = who.app === null ? null : world.apps.find(({ id }) => id === who.app);
  if (app !== null && (!app || !works(app))) return false;
  if (app && who.person !== null && !isFor(world, app, who.person)) return false;
  const alone = app !== null && who.person === null && who.guest === null;
  if (alone && !installationOf(world, app)) return false;

  if (thing.is === 'node') {
    const needed = ACTIONS[world.nodes[thing.node]!.kind]?.[action];
    if (needed === undefined) return false;
    if (!alone && (who.person === null || !memberHolds(world, who.person, thing.node, needed))) return false;
    if (app && !appHolds(world, app, who, thing.node, needed)) return false;
    return !alone || thing.owner === null || inRange(world, app, thing.owner);
  }

  if (thing.is === 'context') {
    const context = world.contexts[thing.context]!;
    const method = METHODS[action];
    if (alone || method === undefined || context.status === 'ended') return false;
    const place = context.places.find((each) => (who.person === null ? each.guest !== null && each.guest === who.guest : each.person === who.person && each.stay === stayOf(world, who.person)));
    if (!place || !method.roles.includes(place.role)) return false;
    if (method.own.includes(place.role) && (thing.owner === null || thing.owner !== who.person)) return false;
    if (!app || !method.connected) return true;
    const grant = who.person === null ? undefined : grantOf(world, app, who.person);
    return grant !== undefined && (method.permission === null || permissionsOf(app, 'user', grant.permissions).includes(method.permission));
  }

  const permission = PERMISSIONS[action];
  if (alone) return permission !== undefined && permissionsOf(app, 'tenant', installationOf(world, app)!.permissions).includes(action) && inRange(world, app, thing.owner);
  if (!permission?.user || who.person === null) return false;
  const grant = app ? grantOf(world, app, who.person) : undefined;
  if (app && !(grant && permissionsOf(app, 'user', grant.permissions).includes(action))) return false;
  if (thing.owner === who.person) return true;
  if (app && !(grant?.sharedAccess && app.sharedAccess)) return false;
  return world.delegations.some(
    (each) =>
      each.from === thing.owner && each.to === who.person && each.permissions.includes(action) &&
      isThere(world, thing.owner) && each.fromStay === stayOf(world, thing.owner) && each.toStay === stayOf(world, each.to),
  );
}

const personIn = (world: NaiveWorld, id: string) => world.people.find((each) => each.id === id);
const stayOf = (world: NaiveWorld, id: string) => personIn(world, id)?.member?.stay;

function isThere(world: NaiveWorld, id: string): boolean {
  const person = personIn(world, id);
  return person?.account === 'active' && person.member?.status === 'active';
}

const works = (app: NaiveApp) => app.status === 'active' && app.approval?.status !== 'withdrawn' && app.approval?.status !== 'blocked';

/** Whether somebody is named, or is in a group that is named and that there still is. */
function isAmong(world: NaiveWorld, { groups, members }: { groups: readonly string[]; members: readonly string[] }, id: string): boolean {
  return members.includes(id) || (personIn(world, id)?.member?.groups ?? []).some((group) => groups.includes(group) && world.groups.includes(group));
}

const isFor = (world: NaiveWorld, { approval }: NaiveApp, id: string) => approval?.availability.kind !== 'some' || isAmong(world, approval.availability, id);

const generationOf = ({ approval }: NaiveApp) => approval?.generation ?? 0;

const grantOf = (world: NaiveWorld, app: NaiveApp, id: string) =>
  world.grants.find((each) => each.app === app.id && each.person === id && each.stay === stayOf(world, id) && each.generation === generationOf(app));

const installationOf = (world: NaiveWorld, app: NaiveApp) =>
  world.installations.find((each) => each.app === app.id && each.status === 'active' && each.generation === generationOf(app));

/** Of what was given, what the app still declares and the tenant lets act. */
const permissionsOf = (app: NaiveApp, identity: Identity, given: readonly string[]) =>
  given.filter((name) => PERMISSIONS[name]?.[identity] && app.declares[identity].includes(name) && (PERMISSIONS[name].atOnce[identity] || app.approval?.permissions[identity].includes(name)));

function inRange(world: NaiveWorld, app: NaiveApp, id: string): boolean {
  const range = installationOf(world, app)?.range;
  return range !== undefined && personIn(world, id)?.member?.status === 'active' && (range.kind === 'all' || isAmong(world, range, id));
}

/** A node and all below it, as far as it can be reached from the top. */
function below(world: NaiveWorld, top: number): number[] {
  if (!isReachable(world, top)) return [];
  const children = world.nodes.flatMap((node, place) => (node.parent === top && node.parentLife === world.nodes[top]!.life && node.status === 'active' ? [place] : []));
  return [top, ...children.flatMap((child) => below(world, child))];
}

function isReachable(world: NaiveWorld, place: number): boolean {
  const { status, parent, parentLife } = world.nodes[place]!;
  if (status !== 'active') return false;
  return parent === null || (world.nodes[parent]!.life === parentLife && isReachable(world, parent));
}

const isOn = (world: NaiveWorld, given: { node: number; life: number }, place: number) => given.life === world.nodes[given.node]!.life && below(world, given.node).includes(place);

const memberHolds = (world: NaiveWorld, id: string, place: number, needed: Right) =>
  world.rights.some((each) => each.person === id && each.stay === stayOf(world, id) && isOn(world, each, place) && reaches(each.right, needed));

function appHolds(world: NaiveWorld, app: NaiveApp, { person }: Who, place: number, needed: Right): boolean {
  const identity = person === null ? 'tenant' : 'user';
  if (identity === 'tenant' && !app.appOnly) return false;
  const given = person === null ? installationOf(world, app)?.nodes : grantOf(world, app, person)?.nodes;
  return (given ?? []).some((each) => isOn(world, each, place) && reaches(each.right, needed) && asksFor(world, app, identity, each, needed));
}

/** Whether the version asks for that much on nodes of the kind, and the tenant lets it. */
const asksFor = (world: NaiveWorld, { asks, approval }: NaiveApp, identity: Identity, { node }: GivenNode, needed: Right) =>
  asks[identity].some(({ kind, right }) => {
    const name = identity === 'user' ? `resource_access:${kind}:${right}` : `app_only:${kind}:${right}`;
    const atOnce = identity === 'user' && (right === 'read' || right === 'write');
    return kind === world.nodes[node]!.kind && reaches(right, needed) && (atOnce || approval?.permissions[identity].includes(name));
  });
