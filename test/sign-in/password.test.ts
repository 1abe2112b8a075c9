import { describe, expect, it } from '@jest/globals';

import { problemWithNewPassword } from '#src/sign-in/new-password.ts';
import { createPasswords, HASH_PARAMETERS, hashPassword } from '#src/sign-in/password.ts';

import { CHEAP } from './world.ts';

const passwords = createPasswords(CHEAP);

describe('a password hash', () => {
  it('is argon2id in PHC form, with what OWASP asks for', async () => {
    expect(await hashPassword('secret')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(HASH_PARAMETERS.memory).toBeGreaterThanOrEqual(19_456);
  });

  it('agrees with one that the reference implementation made', async () => {
    // From the tests of phc-winner-argon2.
    const reference = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await passwords.verify('password', reference)).toEqual({ right: true, rehash: undefined });
    expect((await passwords.verify('Password', reference)).right).toBe(false);
  });

  it('has a salt of its own each time', async () => {
    expect(await hashPassword('secret', CHEAP)).not.toBe(await hashPassword('secret', CHEAP));
  });

  it('is right for the password however its letters were composed', async () => {
    const hash = await hashPassword('caf\u00e9', CHEAP);
    expect((await passwords.verify('cafe\u0301', hash)).right).toBe(true);
  });

  it('is computed anew when the parameters have risen, and only for the right password', async () => {
    const weak = await hashPassword('secret', CHEAP);
    const stronger = createPasswords({ ...CHEAP, memory: 128 });
    const { right, rehash } = await stronger.verify('secret', weak);
    expect(right).toBe(true);
    expect(rehash).toMatch(/^\$argon2id\$v=19\$m=128,/);
    expect(await stronger.verify('secret', rehash ?? '')).toEqual({ right: true, rehash: undefined });
    expect(await stronger.verify('wrong', weak)).toEqual({ right: false, rehash: undefined });
  });

  it.each([null, '', 'secret', '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$bm90aGluZ25vdGhpbmdub3RoaW5n', '$2b$10$abcdefghijklmnopqrstuv'])('is never right when it is %j', async (hash) => {
    expect(await passwords.verify('secret', hash)).toEqual({ right: false, rehash: undefined });
  });

  it('is not queued without end: too many at once are turned away', async () => {
    const hash = await hashPassword('secret', CHEAP);
    const all = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.verify('secret', hash)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(32);
    expect(all.filter((each) => each.status === 'rejected').every(({ reason }) => reason.code === 'overloaded')).toBe(true);
    expect((await passwords.verify('secret', hash)).right).toBe(true);
  });
});

describe('a new password', () => {
  const ada = { email: 'ada.lovell@northwind.example', name: 'Ada Lovell' };

  it.each([
    ['correct horse battery', ''],
    ['日本語のパスワードは長い', ''],
    ['short', 'Use at least 12 characters.'],
    ['x'.repeat(257), 'Use at most 256 characters.'],
    ['aaaaaaaaaaaaaaa', 'This repeats too few characters. Choose something harder to guess.'],
    ['Ada.Lovell2026', 'This is mostly your own name or address. Choose something harder to guess.'],
    ['ada.lovell@northwind.example', 'This is mostly your own name or address. Choose something harder to guess.'],
  ])('%j: %j', (password, problem) => {
    expect(problemWithNewPassword(password, ada)).toBe(problem);
  });
});
