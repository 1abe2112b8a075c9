import type { Redis } from 'ioredis';

/** What must follow a durable change on the same connection before it may be acknowledged. */
export interface Confirmation {
  readonly replicas: number;
  /** Wait until it is on the server's disk; not needed where every reply waits for the disk. */
  readonly disk: boolean;
}

export type Verdict =
  | { readonly safe: true; readonly confirm: Confirmation | undefined; readonly warning: string | undefined }
  | { readonly safe: false; readonly why: string };

export interface SafetyRules {
  readonly replicas: number;
  readonly allowUnsafe: boolean;
}

/** Law 6 and the least a server must be: asked when a connection is made and again every few seconds. */
export async function inspect(server: Redis, { replicas, allowUnsafe }: SafetyRules): Promise<Verdict> {
  const info = parseInfo(await server.info());
  const version = info.get('redis_version') ?? '0';
  if (Number.parseInt(version, 10) < 7) return { safe: false, why: `Redis ${version} is too old: Assent needs 7.0 or newer.` };
  if (info.get('role') !== 'master') return { safe: false, why: 'this Redis server is a replica, not a master.' };
  const policy = info.get('maxmemory_policy');
  if (policy !== 'noeviction') {
    return { safe: false, why: `Redis has maxmemory-policy "${policy}" and would throw revocations away when memory is short. Set "maxmemory-policy noeviction".` };
  }
  const waitsForDisk = await everyReplyWaitsForDisk(server);
  const logged = info.get('aof_enabled') === '1';
  const disk = logged && !waitsForDisk && (await knows(server, 'waitaof'));
  const risk = riskOf({ logged, waitsForDisk: waitsForDisk || disk });
  if (risk !== undefined && !allowUnsafe) return { safe: false, why: risk };
  return { safe: true, confirm: disk || replicas > 0 ? { replicas, disk } : undefined, warning: risk };
}

function riskOf({ logged, waitsForDisk }: { logged: boolean; waitsForDisk: boolean }): string | undefined {
  if (!logged) return 'Redis keeps no append-only file and loses acknowledged changes when it stops. Set "appendonly yes" and "appendfsync always".';
  if (!waitsForDisk) return 'Redis answers before changes are on disk. Set "appendfsync always" and "no-appendfsync-on-rewrite no", or use Redis 7.2 or newer.';
  return undefined;
}

/** Where the server does not let itself be asked, the answer is no. */
async function everyReplyWaitsForDisk(server: Redis): Promise<boolean> {
  try {
    const settings = (await server.config('GET', 'appendfsync', 'no-appendfsync-on-rewrite')) as string[];
    const values = new Map(settings.map((name, place) => [name, settings[place + 1]]));
    return values.get('appendfsync') === 'always' && values.get('no-appendfsync-on-rewrite') === 'no';
  } catch (error) {
    if (isReply(error)) return false;
    throw error;
  }
}

async function knows(server: Redis, command: string): Promise<boolean> {
  try {
    const [description] = (await server.command('INFO', command)) as unknown[];
    return Array.isArray(description);
  } catch (error) {
    if (isReply(error)) return false;
    throw error;
  }
}

/** An answer of the server that says no, as against no answer. */
const isReply = (error: unknown): boolean => (error as Error).name === 'ReplyError';

function parseInfo(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
