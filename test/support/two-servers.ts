import type { AssentProcess } from './assent-server.ts';
import { introspect } from './oauth-flow.ts';
import { startRedis, type RedisServer, type RedisServerOptions } from './redis.ts';
import { startWorldOfProcesses, type World, type WorldOptions } from './world.ts';

/** A world of two server processes on a Redis of their own. */
export interface TwoServers extends World<AssentProcess> {
  readonly redis: RedisServer;
  /** Where each of them listens. */
  readonly servers: readonly string[];
  /** Whether at least one of them says that the token is active. */
  isActiveAnywhere(token: string): Promise<boolean>;
}

export async function startTwoServers({ durability = 'disk', settings = {} }: Pick<RedisServerOptions, 'durability'> & Pick<WorldOptions, 'settings'> = {}): Promise<TwoServers> {
  const redis = await startRedis({ durability });
  const world = await startWorldOfProcesses(2, { store: redis.url, settings });
  const servers = world.assent.servers.map(({ url }) => url);
  return {
    ...world,
    redis,
    servers,
    isActiveAnywhere: async (token) => (await Promise.all(servers.map(async (at) => (await introspect(world, token, { at })).body.active as boolean))).includes(true),
    async stop() {
      await world.stop();
      await redis.stop();
    },
  };
}
