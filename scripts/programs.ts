import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { runShown } from './run.ts';

interface Program {
  readonly why: string;
  /** Any of these on the PATH will do. */
  readonly names: readonly string[];
  readonly apt: readonly string[];
  readonly brew: string;
  /** The environment variable by which somebody says where it is. */
  readonly variable?: string;
}

const REDIS: Program = { why: 'The storage tests start their own Redis servers.', names: ['redis-server'], apt: ['redis-server'], brew: 'redis' };

const CHROMIUM: Program = {
  why: 'The journeys drive a real browser.',
  // The first is the same engine without windows: the tests take half as long with it.
  names: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  apt: ['chromium-headless-shell', 'fonts-liberation'],
  brew: '--cask chromium',
  variable: 'CHROMIUM',
};

const PROGRAMS: readonly Program[] = [REDIS, CHROMIUM];

/** The browser to drive: the one that `CHROMIUM` names, or the best one on the PATH. */
export function chromiumPath(): string {
  const path = pathOf(CHROMIUM);
  if (path === undefined) throw new Error('there is no Chromium on the PATH: run `npm test` once, or name one in CHROMIUM');
  return path;
}

/** Installs what is missing where that can be done (Debian, as root); elsewhere says what to install. True when all is there. */
export async function installMissingPrograms(): Promise<boolean> {
  const missing = PROGRAMS.filter(isMissing);
  if (missing.length === 0) return true;

  const packages = missing.flatMap((program) => program.apt);
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.log(`Installing ${packages.join(' and ')}, which the tests need …`);
    process.env['DEBIAN_FRONTEND'] = 'noninteractive';
    await runShown('apt-get', ['-q', 'update']);
    await runShown('apt-get', ['-q', '-y', 'install', '--no-install-recommends', ...packages]);
  }

  return allThere();
}

/** Says what is missing. */
function allThere(): boolean {
  const still = PROGRAMS.filter(isMissing);
  for (const { why, names } of still) console.error(`The tests need ${names[0]}, which is not on the PATH. ${why}`);
  if (still.length > 0) {
    console.error(`\nOn Debian or Ubuntu:  sudo apt-get update && sudo apt-get install -y ${still.flatMap(({ apt }) => apt).join(' ')}`);
    for (const { brew } of still) console.error(`On macOS:             brew install ${brew}`);
  }
  return still.length === 0;
}

const isMissing = (program: Program): boolean => pathOf(program) === undefined;

function pathOf({ names, variable }: Program): string | undefined {
  const said = variable === undefined ? undefined : process.env[variable];
  const places = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return said ?? places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
