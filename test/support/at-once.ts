import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface HeldRequest {
  readonly url: string | URL;
  /** A GET without it. */
  readonly form?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RacedReply {
  readonly status: number;
  readonly location: URL | undefined;
  readonly body: any;
}

/**
 * Fires requests at one or several servers in the same instant: every connection is open, and every byte but the last
 * of every form has arrived, before any of them is let go.
 */
export async function atOnce(requests: readonly HeldRequest[]): Promise<RacedReply[]> {
  const held = await Promise.all(requests.map(hold));
  return Promise.all(held.map((letGo) => letGo()));
}

/** The same request at all of these servers in turn, `times` in all. */
export const spread = (servers: readonly string[], times: number, { pathname, search }: URL, rest: Omit<HeldRequest, 'url'>): HeldRequest[] =>
  Array.from({ length: times }, (_, place) => ({ ...rest, url: new URL(pathname + search, servers[place % servers.length]) }));

async function hold({ url, form, headers = {} }: HeldRequest): Promise<() => Promise<RacedReply>> {
  const target = new URL(url);
  const socket = await connected(target);
  const sent = Object.entries(form ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = form && new URLSearchParams(sent).toString();
  const { promise, resolve, reject } = Promise.withResolvers<RacedReply>();
  const sending = request(target, {
    method: body === undefined ? 'GET' : 'POST',
    createConnection: () => socket,
    headers: {
      connection: 'close',
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
  });
  sending.once('error', reject);
  sending.once('response', async (response) => {
    const text = Buffer.concat(await response.toArray()).toString('utf8');
    const isJson = /\bjson\b/.test(response.headers['content-type'] ?? '');
    const location = response.headers.location === undefined ? undefined : new URL(response.headers.location, target);
    resolve({ status: response.statusCode ?? 0, location, body: isJson && text !== '' ? JSON.parse(text) : text });
  });
  if (body !== undefined) await new Promise<void>((written) => sending.write(body.slice(0, -1), () => written()));
  return () => {
    sending.end(body?.slice(-1));
    return promise;
  };
}

function connected({ hostname, port }: URL): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(Number(port), hostname, () => resolve(socket));
  socket.setNoDelay(true);
  socket.once('error', reject);
  return promise;
}
