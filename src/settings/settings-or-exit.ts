import { existsSync } from 'node:fs';

import { keptDevelopmentSecret } from './secret.ts';
import { loadSettings, modeOf, type Settings, SettingsError } from './settings.ts';

const DEVELOPMENT_SECRET = 'data/secret';

/**
 * The settings of this process. When they are wrong it ends, and says all that is wrong with them. In development the
 * server makes its secret at its first start; whatever else runs takes the one that is there.
 */
export function settingsOrExit({ makesSecret }: { makesSecret: boolean }): Settings {
  const env = process.env;
  try {
    const isKept = modeOf(env) === 'development' && !env['ASSENT_SECRET'] && (makesSecret || existsSync(DEVELOPMENT_SECRET));
    return loadSettings(isKept ? { ...env, ASSENT_SECRET: keptDevelopmentSecret(DEVELOPMENT_SECRET) } : env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\nEvery setting is explained in docs/generated/settings.md.\n`);
    process.exit(2);
  }
}
