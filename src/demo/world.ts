import { declaredFor } from '#src/approvals/decide.ts';
import { addSecret, findApp, registerApp, removeSecret, type AppDeps } from '#src/apps/app-store.ts';
import type { App, Version } from '#src/apps/app.ts';
import type { Catalogue } from '#src/apps/catalogue.ts';
import { findResourceServer, registerResourceServer, rotateResourceServerSecret } from '#src/apps/resource-server-store.ts';
import type { ResourceServer } from '#src/apps/resource-server.ts';
import { createVersion, findVersion, publishVersion } from '#src/apps/version-store.ts';
import { secretMatches } from '#src/client-secret.ts';
import { readContext, type ContextDeps } from '#src/contexts/context-store.ts';
import { openContext } from '#src/contexts/open-context.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import type { Actor } from '#src/events.ts';
import { placeResources, type ResourceDeps } from '#src/resources/place-resources.ts';
import { readChain } from '#src/resources/read-chains.ts';
import { giveRights } from '#src/resources/right-store.ts';
import { defineKind, put } from '#src/storage/record-store.ts';
import { shardOf } from '#src/storage/shards.ts';
import { giveDelegation, readDelegation } from '#src/tenants/delegation-store.ts';
import { putInGroup } from '#src/tenants/group-members.ts';
import { createGroup, readGroup } from '#src/tenants/group-store.ts';
import { addMember, findMember } from '#src/tenants/member-store.ts';
import { createTenant, findTenant } from '#src/tenants/tenant-store.ts';
import { createUser, findUser } from '#src/tenants/user-store.ts';

import type { DemoPlan } from './plan.ts';

export { loadDemoPlan, type DemoPlan } from './plan.ts';

/** That the people of the demo world were made: what somebody ends after that is not brought back by a restart. */
const MADE = defineKind<{ readonly at: string }>('demo-world', { schema: 1 });
const madeKey = { shard: shardOf('demo-world'), kind: MADE, id: '' };

const actor: Actor = { kind: 'system' };
const MOST_TRIES = 20;

export interface DemoDeps extends AppDeps, ResourceDeps, ContextDeps {
  readonly catalogue: Catalogue;
}

export interface DemoOptions {
  readonly plan: DemoPlan;
  /** Everybody's. */
  readonly password: string;
  readonly hashPassword: (password: string) => Promise<string>;
  /** As they were kept from an earlier start. One that does not fit any more is replaced by a new one. */
  readonly secrets?: { readonly app?: string; readonly unverifiedApp?: string; readonly resourceServer?: string };
}

export interface DemoWorld {
  readonly app: App;
  readonly unverifiedApp: App;
  readonly resourceServer: ResourceServer;
  /** To be kept by the caller and given again at the next start. */
  readonly secrets: { readonly app: string; readonly unverifiedApp: string; readonly resourceServer: string };
}

/** Fills the store; run again, by several servers at once or after a crash in the middle, it does what is left to do. */
export async function makeDemoWorld(deps: DemoDeps, { plan, password, hashPassword, secrets = {} }: DemoOptions): Promise<DemoWorld> {
  const [made] = await deps.store.read(madeKey);
  if (!made) {
    await makePeople(deps, plan, () => hashPassword(password));
    const value = { at: new Date(deps.clock()).toISOString() };
    await deps.store.commit({ shard: madeKey.shard, write: [put(madeKey, value, { tenant: null })] });
  }
  const { app, secret } = await makeApp(deps, plan.app, secrets.app);
  const { app: unverifiedApp, secret: unverifiedAppSecret } = await makeApp(deps, plan.unverifiedApp, secrets.unverifiedApp);
  const { resourceServer, secret: resourceServerSecret } = await makeResourceServer(deps, plan, secrets.resourceServer);
  return { app, unverifiedApp, resourceServer, secrets: { app: secret, unverifiedApp: unverifiedAppSecret, resourceServer: resourceServerSecret } };
}

/** `make`, unless it is there, also if somebody else makes it in the same moment. */
async function unlessThere<T>(find: () => Promise<T | undefined>, make: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const found = await find();
    if (found !== undefined) return found;
    try {
      return await make();
    } catch (error) {
      // What it hangs on may have been changed meanwhile, too: then it is not there yet.
      if (!(error instanceof AppError) || error.code !== 'conflict' || tries === MOST_TRIES) throw error;
    }
  }
}

async function makePeople(deps: DemoDeps, { tenants, people, groups, delegations, resources, contexts }: DemoPlan, hash: () => Promise<string>): Promise<void> {
  for (const tenant of tenants) {
    await unlessThere(() => findTenant(deps, tenant.id), () => createTenant(deps, tenant, actor));
  }
  for (const { roles, ...person } of people) {
    const { id } = await unlessThere(
      () => findUser(deps, person.id),
      async () => createUser(deps, { ...person, passwordHash: await hash() }, actor),
    );
    for (const { tenant, role } of roles) {
      await unlessThere(() => findMember(deps, tenant, id), () => addMember(deps, { tenant, user: id, role }, actor));
    }
  }
  for (const { members, ...group } of groups) {
    await unlessThere(async () => (await readGroup(deps, group.tenant, group.id))?.value, () => createGroup(deps, group, actor));
    for (const user of members) await putInGroup(deps, { tenant: group.tenant, group: group.id, user }, actor);
  }
  for (const delegation of delegations) {
    await unlessThere(
      async () => (await readDelegation(deps, delegation.tenant, delegation.id))?.value,
      () => giveDelegation(deps, { ...delegation, endsAt: null }, actor),
    );
  }
  for (const { tenant, rights, ...resource } of resources) {
    await unlessThere(
      async () => (await readChain(deps, tenant, resource))?.nodes[0]?.value,
      async () => (await placeResources(deps, { tenant, nodes: [resource] }, actor))[0],
    );
    if (rights.length > 0) await giveRights(deps, { tenant, ref: resource, rights, pointer: () => '' }, actor);
  }
  for (const context of contexts) {
    await unlessThere(
      async () => (await readContext(deps, context.tenant, context.id))?.value,
      () => openContext(deps, { ...context, resource: null }, actor),
    );
  }
}

async function makeApp(deps: DemoDeps, { content, ...details }: DemoPlan['app'], kept: string | undefined) {
  let made: string | undefined;
  const app = await unlessThere(
    () => findApp(deps, details.id),
    async () => {
      const registered = await registerApp(deps, details, actor, kept);
      made = registered.secret ?? undefined;
      return registered.app;
    },
  );
  const secret = made ?? (await fittingSecret(deps, app, kept));
  const live = app.liveVersion === null ? undefined : await findVersion(deps, app.id, app.liveVersion);
  if (!live || !covers(live, content)) {
    const version = await createVersion(deps, { app: app.id, ...content }, actor);
    await publishVersion(deps, { app: app.id, version: version.id }, actor);
  }
  return { app: (await findApp(deps, app.id)) ?? app, secret };
}

/** The sample app may have moved to another port, or ask for more than it did. */
const covers = (live: Version, { redirectUris, launchUri, permissions, resources }: DemoPlan['app']['content']): boolean =>
  live.launchUri === launchUri &&
  redirectUris.every((uri) => live.redirectUris.includes(uri)) &&
  (['user', 'tenant'] as const).every((identity) => resources[identity].length === (live.resources?.[identity].length ?? 0)) &&
  (['user', 'tenant'] as const).every((identity) => declaredFor({ permissions }, identity).every((name) => declaredFor(live, identity).includes(name)));

/** The kept secret if it fits, else a new one in the place of the oldest; tried again while other servers do the same. */
async function fittingSecret(deps: DemoDeps, { id }: App, kept: string | undefined): Promise<string> {
  for (;;) {
    const secrets = (await findApp(deps, id))?.secrets ?? [];
    if (kept !== undefined && secretMatches(kept, secrets.map(({ digest }) => digest))) return kept;
    try {
      const [oldest, another] = secrets;
      if (oldest && another) await removeSecret(deps, { id, digest: oldest.digest }, actor);
      return (await addSecret(deps, { id }, actor, kept)).secret;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    }
  }
}

async function makeResourceServer(deps: Deps, { resourceServer: plan }: DemoPlan, kept: string | undefined) {
  let made: string | undefined;
  const resourceServer = await unlessThere(
    () => findResourceServer(deps, plan.id),
    async () => {
      const registered = await registerResourceServer(deps, plan, actor, kept);
      made = registered.secret;
      return registered.resourceServer;
    },
  );
  if (made !== undefined) return { resourceServer, secret: made };
  if (kept !== undefined && secretMatches(kept, [resourceServer.secretDigest])) return { resourceServer, secret: kept };
  return rotateResourceServerSecret(deps, { id: plan.id }, actor, kept);
}
