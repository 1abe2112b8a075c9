/** Writes the generated documents; with `--check` only says which are out of date, and fails if any is. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { DOCUMENTS } from './documents/all.ts';

const checking = process.argv.includes('--check');
const stale = Object.entries(DOCUMENTS)
  .map(([path, make]) => ({ path, text: make() }))
  .filter(({ path, text }) => !existsSync(path) || readFileSync(path, 'utf8') !== text);

for (const { path, text } of stale) {
  if (checking) {
    console.error(`${path} is out of date. Run: npm run docs`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}
