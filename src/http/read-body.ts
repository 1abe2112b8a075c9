import type { IncomingMessage } from 'node:http';

import { AppError } from '#src/errors.ts';

/** The rest of the body is still on its way, so nothing else can come over this connection. */
const tooLarge = () => new AppError('payload_too_large', { headers: { connection: 'close' } });

/** The body as text, or `payload_too_large` as soon as it is known to be longer than `limit` bytes. */
export async function readBody(req: IncomingMessage, limit: number): Promise<string> {
  if (Number(req.headers['content-length'] ?? 0) > limit) throw tooLarge();
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new AppError('unsupported_media_type', { detail: 'Send the body without compression.' });
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // The plain iterator would destroy the socket with the stream, and the answer with the socket.
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) {
        req.resume();
        throw tooLarge();
      }
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('invalid_request', { detail: 'The body broke off.', cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new AppError('invalid_request', { detail: 'The body is not valid UTF-8.', cause });
  }
}
