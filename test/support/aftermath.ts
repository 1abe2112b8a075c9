import type { World } from './world.ts';

/** What no attack may leave behind in any log: bearer secrets with their prefixes, sessions, signed texts, passwords. */
const SECRET = /assent_[a-z]{2}_[0-9A-Za-z]{40,}|ses_[0-9A-Za-z]{40,}|eyJ[\w-]{10,}\.[\w-]{10,}|correct horse|\$argon2/;
const TROUBLE = /"level":"(?:error|fatal)"|"status":5\d\d|UnhandledPromise|\n\s+at .+:\d+:\d+/;

/** Lines of the servers' logs that tell of an error of ours or of a secret; 5xx answers that a test asked for are `expected`. */
export function aftermath({ assent }: Pick<World<any>, 'assent'>, { expected = () => false }: { expected?: (line: string) => boolean } = {}): string[] {
  return assent
    .logged()
    .split('\n')
    .filter((line) => (TROUBLE.test(line) && !expected(line)) || SECRET.test(line))
    .map((line) => line.slice(0, 2000));
}
