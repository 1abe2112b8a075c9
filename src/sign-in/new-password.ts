import type { User } from '#src/tenants/user.ts';

export const SHORTEST_PASSWORD = 12;
const LONGEST_PASSWORD = 256;

/** What is wrong with a password that somebody chose, or `''`. Length is what counts; no rules about kinds of characters. */
export function problemWithNewPassword(password: string, user: Pick<User, 'email' | 'name'>): string {
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD) return `Use at least ${SHORTEST_PASSWORD} characters.`;
  if (length > LONGEST_PASSWORD) return `Use at most ${LONGEST_PASSWORD} characters.`;
  if (new Set(password).size < 5) return 'This repeats too few characters. Choose something harder to guess.';
  const own = [user.email, user.name, user.email.split('@')[0] ?? ''].map((text) => text.toLowerCase()).filter((text) => text.length > 3);
  const left = own.reduce((rest, text) => rest.replaceAll(text, ''), password.toLowerCase());
  return [...left].length < SHORTEST_PASSWORD / 2 ? 'This is mostly your own name or address. Choose something harder to guess.' : '';
}
