import { randomInt } from 'node:crypto';

import { newSecret } from '#src/client-secret.ts';
import { keptFile } from '#src/kept-file.ts';

/** What opens the demo world. Made once and kept beside the demo's data, so that restarts and the examples agree. */
export interface DemoSecrets {
  /** Everybody's password. */
  readonly password: string;
  readonly app: string;
  readonly unverifiedApp: string;
  readonly resourceServer: string;
}

const WORDS = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'inlet', 'juniper', 'kelp', 'lagoon', 'maple', 'nectar', 'otter', 'pebble'] as const;

const word = (): string => WORDS[randomInt(WORDS.length)] ?? WORDS[0];

/** Easy to type. It guards nothing: production refuses the demo world. */
const easyPassword = (): string => `${word()}-${word()}-${word()}-${randomInt(100, 1000)}`;

export function keptDemoSecrets(path: string): DemoSecrets {
  const make = (): DemoSecrets => ({ password: easyPassword(), app: newSecret('app'), unverifiedApp: newSecret('app'), resourceServer: newSecret('resourceServer') });
  const kept = JSON.parse(keptFile(path, () => `${JSON.stringify(make(), null, 2)}\n`)) as Partial<DemoSecrets>;
  if (Object.keys(make()).some((name) => !(name in kept))) {
    throw new Error(`${path} was written by an earlier version of Assent. Remove its folder to begin anew.`);
  }
  return kept as DemoSecrets;
}
