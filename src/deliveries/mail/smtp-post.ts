import { createTransport } from 'nodemailer';

import { Undeliverable } from '../delivery.ts';
import type { Post } from './mail.ts';

export interface SmtpAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps:`); else STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

const CONNECTIONS = 5;
const ANSWER_MS = 15_000;
/** A server that trickles its answers keeps no mail longer than this. */
const LONGEST_MS = 60_000;

const isLocal = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);

/** `timeouts` are for tests. */
export function smtpPost(server: SmtpAddress, from: string, { answerMs = ANSWER_MS, longestMs = LONGEST_MS } = {}): Post {
  const pool = createTransport({
    pool: true,
    host: server.host,
    port: server.port,
    secure: server.secure,
    ...(server.auth && { auth: { ...server.auth } }),
    // A password does not travel in the clear, whatever somebody in between makes the server say.
    requireTLS: server.auth !== undefined && !isLocal(server.host),
    maxConnections: CONNECTIONS,
    connectionTimeout: answerMs,
    greetingTimeout: answerMs,
    socketTimeout: answerMs,
    dnsTimeout: answerMs,
    maxRequeues: 1,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ messageId, to, subject, text, html }) {
      try {
        const headers = { 'Auto-Submitted': 'auto-generated' };
        await pool.sendMail({ messageId, from, to: { ...to }, subject, text, html, headers, signal: AbortSignal.timeout(longestMs) });
      } catch (error) {
        if (isRefusedForGood(error as SmtpError)) throw new Undeliverable((error as Error).message, { cause: error });
        throw error;
      }
    },
    close: () => pool.close({ force: true }),
  };
}

interface SmtpError {
  readonly responseCode?: number;
  readonly command?: string;
}

/** Of this receiver or this mail. A refused sender or password is the operator's to set right, and worth another try. */
const isRefusedForGood = ({ responseCode = 0, command }: SmtpError): boolean =>
  responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
