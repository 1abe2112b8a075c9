import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { SMTPServer } from 'smtp-server';

import { until } from './redis.ts';

export interface ReceivedMail {
  readonly from: string;
  /** The addresses of the envelope. */
  readonly to: readonly string[];
  /** As it came over the wire. */
  readonly source: string;
  readonly messageId: string;
  header(name: string): string | undefined;
  /** The decoded part of that type. */
  part(type: 'text/plain' | 'text/html'): string;
}

/** A real SMTP server that keeps what it gets. */
export interface MailSink {
  readonly url: string;
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Every password that was sent here. */
  readonly passwords: readonly string[];
  /** Mails for an address. */
  to(address: string): ReceivedMail[];
  /** Waits until that many came. */
  received(count: number, withinMs?: number): Promise<readonly ReceivedMail[]>;
  /** Refuses these addresses with this answer; without a code, none. */
  refuse(address: string, code?: number): void;
  /** Takes mails this much later. */
  delay(ms: number): void;
  /** Takes mails at once and says so this much later. */
  delayAnswer(ms: number): void;
  /** How many connections there were at most at the same time. */
  mostConnections(): number;
  /** Closes; `restart` opens it again at the same port. What it has is kept. */
  down(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSmtp(port = 0): Promise<MailSink> {
  const mails: ReceivedMail[] = [];
  const passwords: string[] = [];
  const refused = new Map<string, number>();
  let delayMs = 0;
  let answerMs = 0;
  let most = 0;
  let server: SMTPServer;
  const open = async (at: number): Promise<number> => {
    server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      onAuth({ password }, _session, done) {
        passwords.push(password ?? '');
        done(null, { user: 'somebody' });
      },
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      onConnect(_session, done) {
        most = Math.max(most, (server as unknown as { connections: Set<Socket> }).connections.size);
        done();
      },
      onRcptTo({ address }, _session, done) {
        const code = refused.get(address);
        done(code === undefined ? null : Object.assign(new Error('No such receiver'), { responseCode: code }));
      },
      onData(stream, session, done) {
        const take = async (): Promise<void> => {
          const source = await text(stream);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          mails.push(received(source, session.envelope.mailFrom, session.envelope.rcptTo));
          setTimeout(done, answerMs).unref();
        };
        // A client that was killed in the middle of a message has sent none.
        take().catch(() => {});
      },
    });
    server.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => resolve());
    });
    return (server.server.address() as AddressInfo).port;
  };
  const close = (): Promise<void> => {
    for (const connection of (server as unknown as { connections: Set<{ close(): void }> }).connections) connection.close();
    return new Promise((resolve) => server.close(() => resolve()));
  };

  const listening = await open(port);
  return {
    url: `smtp://127.0.0.1:${listening}`,
    port: listening,
    mails,
    passwords,
    to: (address) => mails.filter((mail) => mail.to.includes(address)),
    async received(count, withinMs) {
      await until(`${count} mails came`, () => mails.length >= count, withinMs);
      return mails;
    },
    refuse: (address, code) => void (code === undefined ? refused.delete(address) : refused.set(address, code)),
    delay: (ms) => void (delayMs = ms),
    delayAnswer: (ms) => void (answerMs = ms),
    mostConnections: () => most,
    down: close,
    restart: async () => void (await open(listening)),
    stop: close,
  };
}

function received(source: string, from: false | { address: string }, to: readonly { address: string }[]): ReceivedMail {
  const end = source.indexOf('\r\n\r\n');
  const head = source.slice(0, end);
  const header = (name: string): string | undefined => headerIn(head, name);
  return {
    from: from ? from.address : '',
    to: to.map(({ address }) => address),
    source,
    messageId: header('message-id') ?? '',
    header,
    part(type) {
      const boundary = /boundary="([^"]+)"/.exec(header('content-type') ?? '')?.[1] ?? '';
      for (const part of source.slice(end).split(`--${boundary}`)) {
        const body = part.indexOf('\r\n\r\n');
        const own = part.slice(0, body);
        if (headerIn(own, 'content-type')?.startsWith(type)) return decoded(part.slice(body + 4), headerIn(own, 'content-transfer-encoding') ?? '').replaceAll('\r\n', '\n');
      }
      throw new Error(`The mail has no part ${type}`);
    },
  };
}

const headerIn = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}:[ ]*(.*)$`, 'im').exec(head.replaceAll(/\r\n[ \t]+/g, ' '))?.[1]?.replaceAll(/\?=\s+=\?/g, '?==?').replaceAll(/=\?utf-8\?([qb])\?(.*?)\?=/gi, (_, way: string, word: string) => encodedWord(way, word)).trim();

const encodedWord = (way: string, word: string): string =>
  way.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString() : quotedPrintable(word.replaceAll('_', ' '));

const decoded = (body: string, encoding: string): string =>
  encoding === 'base64' ? Buffer.from(body, 'base64').toString() : encoding === 'quoted-printable' ? quotedPrintable(body.replaceAll(/=\r\n/g, '')) : body;

const quotedPrintable = (body: string): string =>
  Buffer.from(body.replaceAll(/=([0-9A-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))), 'latin1').toString();
