import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { deriveKey, keptDevelopmentSecret, masterSecret } from '#src/settings/secret.ts';
import { loadSettings } from '#src/settings/settings.ts';

const ONE = masterSecret('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ');
const OTHER = masterSecret('bbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ');

describe('derived keys', () => {
  it('are the same for the same secret and purpose, and 32 bytes long', () => {
    expect(deriveKey(ONE, 'cookies')).toEqual(deriveKey(ONE, 'cookies'));
    expect(deriveKey(ONE, 'cookies')).toHaveLength(32);
  });

  it('differ by purpose and by secret', () => {
    const keys = [deriveKey(ONE, 'cookies'), deriveKey(ONE, 'csrf'), deriveKey(OTHER, 'cookies')].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(3);
  });
});

describe('the development secret', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assent-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, readable by its owner alone, and leaves nothing else behind', () => {
    const path = join(folder, 'data', 'secret');
    const made = keptDevelopmentSecret(path);
    expect(keptDevelopmentSecret(path)).toBe(made);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'data'))).toEqual(['secret']);
  });

  it('is good for development and for nothing else', () => {
    const made = keptDevelopmentSecret(join(folder, 'secret'));
    expect(loadSettings({ ASSENT_SECRET: made }).secrets.master.madeForDevelopment).toBe(true);
    expect(() => loadSettings({ ASSENT_SECRET: made, ASSENT_MODE: 'production', ASSENT_ISSUER: 'https://id.example' })).toThrow(
      /was made for development/,
    );
  });
});
