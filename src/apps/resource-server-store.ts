import { newSecret } from '#src/client-secret.ts';
import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { happened, type Actor } from '#src/events.ts';
import { newId, type ResourceServerId } from '#src/ids.ts';
import { chosenId, displayName } from '#src/names.ts';
import { changeRecord } from '#src/storage/change-record.ts';
import { absent, defineKind, put, remove, type Key, type Page, type StoredRecord } from '#src/storage/record-store.ts';
import { changeStanding, endRecord } from '#src/storage/revoke.ts';
import { digestOf } from '#src/storage/seal.ts';
import { shardOf } from '#src/storage/shards.ts';

import { audienceProblem } from './uris.ts';
import type { ResourceServer } from './resource-server.ts';

/** All in one shard: they are few, and so an audience belongs to one of them in one commit. */
const SHARD = shardOf('resource-servers');

const RESOURCE_SERVER = defineKind<ResourceServer>('resource-server', {
  schema: 1,
  indexes: (server) => [{ index: 'all', of: '', sort: `${server.createdAt} ${server.id}` }],
});

/** Whose an audience is. Written and removed with the resource server. */
const AUDIENCE = defineKind<{ readonly resourceServer: ResourceServerId }>('resource-audience', { schema: 1 });

export const resourceServerKey = (id: ResourceServerId): Key<ResourceServer> => ({ shard: SHARD, kind: RESOURCE_SERVER, id });
const audienceKey = (audience: string) => ({ shard: SHARD, kind: AUDIENCE, id: audience });

export async function readResourceServer({ store }: Deps, id: ResourceServerId): Promise<StoredRecord<ResourceServer> | undefined> {
  const [record] = await store.read(resourceServerKey(id));
  return record;
}

export const findResourceServer = async (deps: Deps, id: ResourceServerId): Promise<ResourceServer | undefined> =>
  (await readResourceServer(deps, id))?.value;

/** The audience is compared as it is written, character by character (RFC 8707). */
export async function findResourceServerByAudience(deps: Deps, audience: string): Promise<ResourceServer | undefined> {
  const [place] = await deps.store.read(audienceKey(audience));
  return place && findResourceServer(deps, place.value.resourceServer);
}

export const listResourceServers = ({ store }: Deps, page: { after?: string; limit: number }): Promise<Page<ResourceServer>> =>
  store.scan({ shard: SHARD, kind: RESOURCE_SERVER, index: 'all', of: '', after: page.after, limit: page.limit });

export interface ResourceServerInput {
  readonly name: string;
  readonly audience: string;
  readonly tokenFormat?: ResourceServer['tokenFormat'];
  readonly id?: string;
}

interface WithSecret {
  readonly resourceServer: ResourceServer;
  /** Kept nowhere: show it now. */
  readonly secret: string;
}

/** `secret` is given only where the one who calls keeps it, and nowhere from outside. */
export async function registerResourceServer(
  { store, clock }: Deps,
  input: ResourceServerInput,
  actor: Actor,
  secret = newSecret('resourceServer'),
): Promise<WithSecret> {
  const problem = audienceProblem(input.audience);
  if (problem !== undefined) throw new AppError('invalid_request', { fields: [{ pointer: '/audience', detail: problem }] });
  const now = clock();
  const resourceServer: ResourceServer = {
    id: input.id === undefined ? newId('resourceServer') : (chosenId(input.id, 'rs_') as ResourceServerId),
    name: displayName(input.name),
    audience: input.audience,
    tokenFormat: input.tokenFormat ?? 'opaque',
    secretDigest: digestOf(secret),
    createdAt: new Date(now).toISOString(),
  };
  const [key, place] = [resourceServerKey(resourceServer.id), audienceKey(resourceServer.audience)];
  const result = await store.commit({
    shard: SHARD,
    expect: [absent(key), absent(place)],
    write: [put(key, resourceServer, { tenant: null }), put(place, { resourceServer: resourceServer.id }, { tenant: null })],
    events: [happened({ type: 'resource_server.registered', tenant: null, resourceServer: resourceServer.id }, { actor, now })],
    durable: true,
  });
  if (!result.ok) throw new AppError('conflict', { detail: 'There is a resource server with this id or audience already.' });
  return { resourceServer, secret };
}

/** The old secret stops at once: what it protects is reading tokens. */
export async function rotateResourceServerSecret(
  { store, clock }: Deps,
  { id, ifVersion }: { id: ResourceServerId; ifVersion?: number },
  actor: Actor,
  secret = newSecret('resourceServer'),
): Promise<WithSecret> {
  const resourceServer = await changeStanding(store, resourceServerKey(id), ifVersion, ({ value }) => ({
    value: { ...value, secretDigest: digestOf(secret) },
    events: [happened({ type: 'resource_server.updated', tenant: null, resourceServer: id }, { actor, now: clock() })],
  }));
  return { resourceServer, secret };
}

/** The audience stays: tokens name it. */
export async function updateResourceServer(
  { store, clock }: Deps,
  { id, ifVersion, ...changes }: { id: ResourceServerId; name?: string; tokenFormat?: ResourceServer['tokenFormat']; ifVersion?: number },
  actor: Actor,
): Promise<ResourceServer> {
  const name = changes.name === undefined ? undefined : displayName(changes.name);
  return changeRecord(store, resourceServerKey(id), ifVersion, ({ value }) => ({
    value: { ...value, name: name ?? value.name, tokenFormat: changes.tokenFormat ?? value.tokenFormat },
    events: [happened({ type: 'resource_server.updated', tenant: null, resourceServer: id }, { actor, now: clock() })],
  }));
}

/** `true` when this call removed it. */
export const removeResourceServer = (
  deps: Deps,
  { id, ifVersion }: { id: ResourceServerId; ifVersion?: number },
  actor: Actor,
): Promise<boolean> =>
  endRecord(deps.store, resourceServerKey(id), ifVersion, ({ value }) => ({
    write: [remove(audienceKey(value.audience))],
    events: [happened({ type: 'resource_server.removed', tenant: null, resourceServer: id }, { actor, now: deps.clock() })],
  }));
