import { once } from 'node:events';
import { connect } from 'node:net';

export interface Reply {
  readonly status: number;
  /** As it came, without the body. */
  readonly head: string;
  readonly body: string;
}

/** One kept-alive connection, one request at a time, as little work as possible: the server shall be what is measured. */
export interface Connection {
  send(request: string): Promise<Reply>;
  close(): void;
}

const END_OF_HEAD = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;

export async function openConnection(origin: string): Promise<Connection> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, 'connect');
  let received = '';
  let waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;

  socket.setEncoding('latin1').on('data', (part: string) => {
    received += part;
    const end = received.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const head = received.slice(0, end);
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) return void socket.destroy(new Error(`an answer without a length: ${head}`));
    const body = received.slice(end + END_OF_HEAD.length);
    if (body.length < Number(length)) return;
    received = '';
    const { resolve } = waiting ?? { resolve: () => {} };
    waiting = undefined;
    resolve({ status: Number(head.slice(9, 12)), head, body });
  });
  const lost = (error = new Error('the server closed the connection')) => waiting?.reject(error);
  socket.on('error', lost).on('close', () => lost());

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => void socket.destroy(),
  };
}

type Fields = Readonly<Record<string, string>>;

const request = (line: string, headers: Fields, body = ''): string =>
  [`${line} HTTP/1.1`, 'host: 127.0.0.1', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n');

export const getRequest = (path: string, headers: Fields): string => request(`GET ${path}`, headers);

export function formRequest(path: string, headers: Fields, form: Fields): string {
  const body = new URLSearchParams(form).toString();
  return request(`POST ${path}`, { ...headers, 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }, body);
}

export function jsonRequest(path: string, headers: Fields, value: object): string {
  const body = JSON.stringify(value);
  return request(`POST ${path}`, { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }, body);
}
