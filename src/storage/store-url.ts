/** Where a store is, as `ASSENT_STORE` says it. */
export type StoreUrl =
  | { readonly engine: 'sqlite'; readonly file: string }
  | ({ readonly engine: 'redis'; readonly mode: 'single'; readonly db: number } & RedisAddresses)
  | ({ readonly engine: 'redis'; readonly mode: 'cluster' } & RedisAddresses)
  | ({ readonly engine: 'redis'; readonly mode: 'sentinel'; readonly name: string; readonly db: number } & RedisAddresses);

export interface RedisAddresses {
  /** The server, the cluster's first nodes, or the sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const FORMS =
  'Use sqlite:<path>, sqlite::memory:, redis://host:port/db, rediss://…, redis+cluster://host:port,… or redis+sentinel://host:port,…/name.';
const REDIS = /^redis(?<tls>s?)(?:\+(?<mode>cluster|sentinel))?:\/\/(?:(?<user>.*)@)?(?<nodes>[^@/?#]*)(?:\/(?<path>[^?#]*))?$/;

/** Throws an `Error` whose message says what is wrong; it never repeats the text, which may hold a password. */
export function parseStoreUrl(text: string): StoreUrl {
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    if (file === '' || file.startsWith('//')) throw new Error(`After "sqlite:" a file path must follow. ${FORMS}`);
    return { engine: 'sqlite', file };
  }
  const parts = REDIS.exec(text)?.groups;
  if (parts === undefined) throw new Error(`This is no store address. ${FORMS}`);
  const addresses = {
    nodes: parts['nodes']!.split(',').map((node) => parseNode(node, parts['mode'] === 'sentinel' ? 26379 : 6379)),
    tls: parts['tls'] === 's',
    ...parseUser(parts['user']),
  };
  const path = parts['path'] === undefined || parts['path'] === '' ? [] : parts['path'].split('/');
  if (parts['mode'] === 'cluster') {
    if (path.length > 0) throw new Error('A Redis Cluster has one database: leave out what follows the addresses.');
    return { engine: 'redis', mode: 'cluster', ...addresses };
  }
  if (parts['mode'] === 'sentinel') {
    const [name, db, ...more] = path;
    if (name === undefined || more.length > 0) throw new Error('The name of the master must follow the sentinels: redis+sentinel://host:port,…/name or …/name/db.');
    return { engine: 'redis', mode: 'sentinel', name: decodeURIComponent(name), db: parseDb(db), ...addresses };
  }
  if (addresses.nodes.length > 1) throw new Error('redis:// names one server. For several use redis+cluster:// or redis+sentinel://.');
  if (path.length > 1) throw new Error('After the address only the number of a database may follow, like redis://host:6379/0.');
  return { engine: 'redis', mode: 'single', db: parseDb(path[0]), ...addresses };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const parts = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(text)?.groups;
  if (parts === undefined) throw new Error('Each address must be host:port, separated by commas.');
  const port = parts['port'] === undefined ? defaultPort : Number(parts['port']);
  if (port < 1 || port > 65535) throw new Error('A port is a number from 1 to 65535.');
  return { host: (parts['six'] ?? parts['host'])!, port };
}

function parseUser(text: string | undefined): { username: string | undefined; password: string | undefined } {
  if (text === undefined) return { username: undefined, password: undefined };
  const colon = text.indexOf(':');
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  try {
    return { username: decodeURIComponent(user) || undefined, password: decodeURIComponent(password) || undefined };
  } catch {
    throw new Error('User name and password must be percent-encoded (a % in a password is written %25).');
  }
}

function parseDb(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,5}$/.test(text)) throw new Error('The database must be a number, like redis://host:6379/0.');
  return Number(text);
}
