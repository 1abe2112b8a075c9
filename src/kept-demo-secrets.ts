import { randomInt } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { newSecret } from './client-secret.ts';

/** What opens the demo world. Made once and kept beside the demo's data, so that restarts and the examples agree. */
export interface DemoSecrets {
  /** Everybody's password. */
  readonly password: string;
  readonly app: string;
  readonly resourceServer: string;
}

const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'juniper', 'kelp', 'lagoon', 'maple', 'nectar', 'otter', 'pebble'] as const;

const word = (): string => WORDS[randomInt(WORDS.length)] ?? WORDS[0];

/** Easy to type. It guards nothing: production refuses the demo world. */
const easyPassword = (): string => `${word()}-${word()}-${word()}-${randomInt(100, 1000)}`;

/** It appears at `path` whole or not at all (a link, not a write), so that processes started together agree on one. */
export function keptDemoSecrets(path: string): DemoSecrets {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  const made: DemoSecrets = { password: easyPassword(), app: newSecret('app'), resourceServer: newSecret('resourceServer') };
  writeFileSync(draft, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as DemoSecrets;
}
