import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Script {
  readonly source: string;
  readonly sha: string;
}

function script(name: string): Script {
  const source = readFileSync(new URL(`scripts/${name}.lua`, import.meta.url), 'utf8');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

export const COMMIT = script('commit');
export const SWEEP = script('sweep');
export const TRAIL = script('trail');
