import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy in front of one server, which can keep, delay and drop what passes. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections are open now. */
  connections(): number;
  /** Replies arrive this much later. */
  delayReplies(ms: number): void;
  /** Requests pass, replies vanish, until `heal`. */
  dropReplies(): void;
  /** The next reply vanishes and its connection is closed. */
  cutAtNextReply(): void;
  /** Closes every connection; new ones may be made. */
  cut(): void;
  /** Closes every connection and refuses new ones, until `heal`. */
  refuse(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let mode: 'pass' | 'drop' | 'cut-next' | 'refuse' = 'pass';

  const server = createServer((client) => {
    if (mode === 'refuse') return void client.destroy();
    const upstream = connect({ host: target.host ?? '127.0.0.1', port: target.port });
    for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (request) => upstream.write(request));
    upstream.on('data', (reply) => {
      if (mode === 'drop') return;
      if (mode === 'cut-next') {
        mode = 'pass';
        client.destroy();
      } else if (delayMs > 0) {
        setTimeout(() => client.writable && client.write(reply), delayMs);
      } else {
        client.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size / 2,
    delayReplies: (ms) => void (delayMs = ms),
    dropReplies: () => void (mode = 'drop'),
    cutAtNextReply: () => void (mode = 'cut-next'),
    cut,
    refuse: () => {
      mode = 'refuse';
      cut();
    },
    heal: () => {
      mode = 'pass';
      delayMs = 0;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
