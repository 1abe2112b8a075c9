import { type DestinationStream, type Logger, pino } from 'pino';

import { AppError } from './errors.ts';

export type Log = Logger;

const HIDDEN = '[hidden]';

/** Fields that hold secrets wherever they turn up, down to three levels. */
const SECRET_FIELDS = [
  'authorization', 'cookie', '["set-cookie"]', 'dpop',
  'password', 'passwordHash', 'secret', 'client_secret', 'client_assertion', 'assertion',
  'token', 'access_token', 'refresh_token', 'id_token', 'id_token_hint', 'subject_token', 'context_token',
  'code_verifier', 'csrf', 'request_uri', 'device_code', 'user_code',
];

const atDepth = (prefix: string) => SECRET_FIELDS.map((field) => (field.startsWith('[') ? `${prefix.slice(0, -1)}${field}` : prefix + field));

/**
 * The second net, for secrets in the middle of a text (an error's message, an address): bearer secrets with Assent's
 * visible prefixes, which unlike ids have 43 random characters or more, and JWTs.
 */
const SECRET_TEXT = /\b(?:[a-z]{2,12}_)+[0-9A-Za-z]{43,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;

/** Every line goes through this, and few have in them what a secret begins with. */
export const withoutSecrets = (text: string): string => (text.includes('_') || text.includes('eyJ') ? text.replaceAll(SECRET_TEXT, HIDDEN) : text);

export function createLog(level: string, destination?: DestinationStream): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: ['', '*.', '*.*.'].flatMap(atDepth).filter((path) => path !== ''), censor: HIDDEN },
      hooks: { streamWrite: withoutSecrets },
    },
    destination ?? pino.destination({ sync: true }),
  );
}

/** An error with its causes. What an `AppError` keeps for the log stands beside it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    ...(error instanceof AppError && { code: error.code, detail: error.logDetail }),
    stack: error.stack,
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  };
}
