import type { App, Version } from '#src/apps/app.ts';
import { catalogueOf, type Permission } from '#src/apps/catalogue.ts';
import { withResourcePermissions } from '#src/apps/resource-permissions.ts';
import { approvalKey } from '#src/approvals/approval-store.ts';
import { grantKey } from '#src/consent/grant-store.ts';
import type { ContextKind } from '#src/contexts/context-kind.ts';
import { contextKey, contextMemberKey } from '#src/contexts/context-records.ts';
import { contextKindsOf } from '#src/contexts/load-context-kinds.ts';
import type { AskingDeps } from '#src/decisions/gather-facts.ts';
import { installationKey } from '#src/installations/installation-store.ts';
import { resourceKindsOf } from '#src/resources/load-resource-kinds.ts';
import type { NodeRef } from '#src/resources/resource.ts';
import { resourceKey, rightKey } from '#src/resources/resource-records.ts';
import { put, type RecordStore, type Write } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { delegationKey } from '#src/tenants/delegation-records.ts';
import { groupKey } from '#src/tenants/group-store.ts';
import { memberKey } from '#src/tenants/member-store.ts';
import { tenantKey } from '#src/tenants/tenant-store.ts';
import { userKey } from '#src/tenants/user-store.ts';

import { ACTIONS, METHODS, PERMISSIONS, RIGHTS, type NaiveApp, type NaiveWorld } from './naive.ts';

const AT = '2026-11-21T20:00:00.000Z';

const permission = ([name, { user, tenant, atOnce }]: readonly [string, (typeof PERMISSIONS)[string]]): Permission => ({
  name,
  title: name,
  explanation: name,
  identities: [...(user ? (['user'] as const) : []), ...(tenant ? (['tenant'] as const) : [])],
  level: atOnce.tenant ? 'basic' : atOnce.user ? 'advanced' : 'restricted',
  sensitive: false,
  listedApps: true,
  resource: 'https://api.example',
});

const resourceKinds = resourceKindsOf(
  Object.entries(ACTIONS).map(([name, actions]) => ({
    name,
    title: name,
    parents: name === 'tenancy' ? [] : ['tenancy', 'web'],
    templates: [],
    pick: 'several',
    ...(Object.keys(actions).join() !== RIGHTS.join() && { actions }),
  })),
);

const meeting: ContextKind = {
  name: 'meeting',
  title: 'Meeting',
  roles: ['owner', 'participant', 'guest'].map((name) => ({ name, title: name })),
  methods: Object.entries(METHODS).map(([name, { roles, own, permission: needed, connected }]) => ({ name, title: name, roles, permission: needed, own: own.length === 0 ? false : own, authorized: connected })),
};

/** What decisions are made with, in the worlds that are stored one after the other. */
export function depsFor(store: RecordStore): { deps: AskingDeps; keep(world: NaiveWorld, tenant: string): Promise<void> } {
  let apps: readonly NaiveApp[] = [];
  const deps: AskingDeps = {
    store,
    clock: () => Date.parse(AT),
    issuer: 'https://id.example',
    catalogue: withResourcePermissions(catalogueOf(Object.entries(PERMISSIONS).map(permission)), resourceKinds),
    resourceKinds,
    contextKinds: contextKindsOf([meeting]),
    apps: {
      async find(id) {
        const app = apps.find((each) => each.id === id);
        return app && liveApp(app);
      },
    },
    findToken: async () => undefined,
  };
  return {
    deps,
    async keep(world, tenant) {
      ({ apps } = world);
      const idsOfPeople = (id: string) => userKey(id as never);
      for (const { id, account } of world.people) {
        const key = idsOfPeople(id);
        await store.commit({ shard: key.shard, write: [put(key, { id, email: id, name: id, status: account, passwordHash: null, sessionsValidFrom: 0, createdAt: AT } as never, { tenant: null })] });
      }
      await store.commit({ shard: shardOf(tenant), write: writesOf(world, tenant) });
    },
  };
}

const liveApp = ({ id, status, declares, sharedAccess, appOnly, asks }: NaiveApp) => ({
  app: { id, status, owner: null, developer: { name: 'D', uri: null, verified: false } } as unknown as App,
  version: {
    permissions: { user: { required: [], optional: named('resource_access', declares.user, asks.user) }, tenant: { required: [], optional: named('app_only', declares.tenant, appOnly ? asks.tenant : []) } },
    sharedAccess,
    appOnly,
    resources: { user: asks.user.map(asked), tenant: asks.tenant.map(asked) },
  } as unknown as Version,
});

const asked = (each: { kind: string; right: string }) => ({ ...each, template: null, required: false });
const named = (prefix: string, names: readonly string[], asks: readonly { kind: string; right: string }[]) => [...names, ...asks.map(({ kind, right }) => `${prefix}:${kind}:${right}`)];

function writesOf(world: NaiveWorld, tenant: string): Write[] {
  const writes: Write[] = [];
  const write = (key: { id: string }, value: object) => writes.push(put(key as never, value as never, { tenant }));
  const t = tenant as never;
  const stay = (id: string, number: number) => `mbr_${id}_${number}`;
  const ref = (node: number, life: number): NodeRef => ({ kind: world.nodes[node]!.kind, id: world.nodes[node]!.id, incarnation: `life ${life}` });
  const given = (nodes: readonly { node: number; life: number; right: string }[]) => nodes.map(({ node, life, right }) => ({ ...ref(node, life), right }));

  write(tenantKey(t), { id: tenant, name: 'T', status: world.tenant, createdAt: AT });
  for (const { id, member } of world.people) {
    if (member) write(memberKey(t, id as never), { tenant, user: id, membership: stay(id, member.stay), role: 'member', status: member.status, groups: member.groups, joinedAt: AT });
  }
  for (const id of world.groups) write(groupKey(t, id as never), { id, tenant, name: id, createdAt: AT });
  world.nodes.forEach(({ parent, parentLife, life, status }, place) => {
    if (status === 'deleted') return;
    // As it was when it was written: the hint names what was above, whether or not that is still so.
    const path: { kind: string; id: string }[] = [];
    for (let above = parent; above !== null; above = world.nodes[above]!.parent) path.unshift({ kind: world.nodes[above]!.kind, id: world.nodes[above]!.id });
    write(resourceKey(t, ref(place, life)), { ...ref(place, life), tenant, title: world.nodes[place]!.id, parent: parent === null ? null : ref(parent, parentLife), template: null, status, path, createdAt: AT, updatedAt: AT });
  });
  for (const { person, stay: number, node, life, right } of world.rights) {
    write(rightKey(t, ref(node, life), person as never), { tenant, node: ref(node, life), user: person, membership: stay(person, number), right });
  }
  world.delegations.forEach(({ from, fromStay, to, toStay, permissions }, place) => {
    write(delegationKey(t, `del_${place}` as never), { id: `del_${place}`, tenant, giver: from, giverMembership: stay(from, fromStay), receiver: to, receiverMembership: stay(to, toStay), permissions, createdAt: AT, endsAt: null });
  });
  for (const { id, approval } of world.apps) {
    if (approval) write(approvalKey(t, id as never), { tenant, app: id, ...approval, version: null, review: null, shuts: 0, decidedBy: { kind: 'system' }, decidedAt: AT });
  }
  for (const { person, stay: number, app, nodes, ...grant } of world.grants) {
    write(grantKey(t, person as never, app as never), { ...grant, id: `gnt_${person}_${app}`, tenant, user: person, app, membership: stay(person, number), declined: [], requested: [], resources: given(nodes), createdAt: AT, updatedAt: AT });
  }
  for (const { app, range, nodes, ...installation } of world.installations) {
    write(installationKey(t, app as never), { ...installation, id: `ins_${app}`, tenant, app, version: 'ver_1', dataRange: range, resources: given(nodes), installedBy: 'usr_0', createdAt: AT, updatedAt: AT });
  }
  for (const { id, status, places } of world.contexts) {
    write(contextKey(t, id as never), { id, tenant, kind: 'meeting', title: id, number: null, resource: null, status, createdAt: AT, endedAt: status === 'ended' ? AT : null });
    for (const { person, stay: number, guest, role } of places) {
      const who = person === null ? { guest: guest! } : { user: person as never };
      write(contextMemberKey(t, id as never, who), { tenant, context: id, person: person === null ? { guest } : { user: person, membership: stay(person, number) }, role, joinedAt: AT });
    }
  }
  return writes;
}
