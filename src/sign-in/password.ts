import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { AppError } from '#src/errors.ts';

/** Memory in KiB. OWASP's first choice for argon2id; raise it and people are moved over as they sign in. */
export interface HashParameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

export const HASH_PARAMETERS: HashParameters = { memory: 19_456, passes: 2, parallelism: 1 };

const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Each one holds 19 MiB while it is computed; more than this at once is load to turn away, not to queue. */
const MOST_AT_ONCE = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

const derive = promisify(argon2);
const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

const compute = (password: string, salt: Buffer, tagLength: number, { memory, passes, parallelism }: HashParameters): Promise<Buffer> =>
  derive('argon2id', { message: password.normalize('NFKC'), nonce: salt, parallelism, tagLength, memory, passes });

/** A PHC string, as `User.passwordHash` keeps it. */
export async function hashPassword(password: string, parameters = HASH_PARAMETERS): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await compute(password, salt, TAG_BYTES, parameters);
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

export interface Verdict {
  readonly right: boolean;
  /** The right password under today's parameters, when those of the stored hash are weaker. */
  readonly rehash: string | undefined;
}

export interface Passwords {
  /** `null` for nobody: it takes as long as for somebody, and is never right. */
  verify(password: string, hash: string | null): Promise<Verdict>;
}

export function createPasswords(parameters = HASH_PARAMETERS): Passwords {
  // A hash that no password matches, for people who do not exist.
  const nobody = `$argon2id$v=19$m=${parameters.memory},t=${parameters.passes},p=${parameters.parallelism}$${unpadded(randomBytes(SALT_BYTES))}$${unpadded(randomBytes(TAG_BYTES))}`;
  let atOnce = 0;
  return {
    async verify(password, hash) {
      if (atOnce >= MOST_AT_ONCE) throw new AppError('overloaded');
      atOnce += 1;
      try {
        const stored = parse(hash ?? nobody) ?? parse(nobody);
        if (!stored) throw new Error('A hash that was made here is not readable here');
        const tag = await compute(password, stored.salt, stored.tag.length, stored.parameters);
        const right = timingSafeEqual(tag, stored.tag) && hash !== null && parse(hash) !== undefined;
        const rehash = right && isWeaker(stored.parameters, parameters) ? await hashPassword(password, parameters) : undefined;
        return { right, rehash };
      } finally {
        atOnce -= 1;
      }
    },
  };
}

const isWeaker = (stored: HashParameters, wanted: HashParameters): boolean =>
  stored.memory < wanted.memory || stored.passes < wanted.passes;

function parse(hash: string): { parameters: HashParameters; salt: Buffer; tag: Buffer } | undefined {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return undefined;
  return {
    parameters: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}
