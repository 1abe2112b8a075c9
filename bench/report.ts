import { readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { DecisionResult } from './decisions.ts';
import type { ScenarioName } from './load/scenarios.ts';
import type { ListResult } from './lists.ts';
import type { Plan, Result } from './measure.ts';

const TITLES: Record<ScenarioName, string> = {
  refresh: 'Refresh with rotation and id token',
  introspection: 'Introspection of an opaque access token',
  round: 'Authorize to tokens, consent remembered (two requests)',
  client_credentials: 'Client credentials',
  tenant_token: 'Client credentials for a tenant',
  floor: 'Floor: plain `node:http`, one GET, one SET',
};

const DOCUMENT = join(import.meta.dirname, '../docs/benchmark.md');
const FIGURES = /(<!-- figures -->\n)[\s\S]*(<!-- end of figures -->)/;

interface Circumstances extends Plan {
  readonly redisVersion: string;
  /** How many processes wanted to run before the bench began. */
  readonly busy: number;
}

export function tables(results: readonly Result[], plan: Circumstances): string {
  const scenarios = plan.scenarios.map((scenario) => {
    const rows = results.filter((result) => result.scenario === scenario).map(row);
    return [`### ${TITLES[scenario]}`, '', HEAD, LINE, ...rows, ''].join('\n');
  });
  return [machine(plan), '', ...scenarios].join('\n');
}

const HEAD = '| contender | per second | p50 ms | p99 ms | CPU ms each | RSS MB | speed against bare library | by CPU |';
const LINE = '|---|--:|--:|--:|--:|--:|--:|--:|';

const row = ({ contender, perSecond, p50Ms, p99Ms, cpuMs, rssMb, ratio, cpuRatio }: Result): string =>
  `| ${[contender, perSecond.toFixed(0), p50Ms.toFixed(1), p99Ms.toFixed(1), cpuMs.toFixed(3), rssMb.toFixed(0), times(ratio), times(cpuRatio)].join(' | ')} |`;

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : ratio.toFixed(2));

function machine({ connections, rounds, seconds, redisVersion, busy }: Circumstances): string {
  const { version: library } = createRequire(import.meta.url)('oidc-provider/package.json') as { version: string };
  const processors = cpus();
  return (
    `${processors.length} cores (${processors[0]?.model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GB of memory, ${platform()} ${arch()}, ` +
    `Node ${process.versions.node}, oidc-provider ${library}, Redis ${redisVersion}. ` +
    `${connections} connections, medians of ${rounds} rounds of ${seconds} s. Load of the machine before: ${busy.toFixed(1)}, after: ${loadavg()[0]?.toFixed(1)} (the bench itself makes two to three).`
  );
}

/** Not against another contender: against the same page where there is little. */
export function listsTable(results: readonly ListResult[]): string {
  const rows = results.map(({ page, tenants, p50Ms, p99Ms, ratio }) => `| ${[page, tenants.toLocaleString('en'), p50Ms.toFixed(1), p99Ms.toFixed(1), ratio.toFixed(2)].join(' | ')} |`);
  return ['### Lists over the tenants that have one app (Redis)', '', '| page | tenants | p50 ms | p99 ms | p99 against the smallest |', '|---|--:|--:|--:|--:|', ...rows, ''].join('\n');
}

/** A decision against an introspection by CPU time, and in a large tree against a small one by p99. */
export function decisionsTable(results: readonly DecisionResult[]): string {
  const rows = results.map(({ what, p50Ms, p99Ms, cpuMs, ratio }) => `| ${[what, p50Ms.toFixed(1), p99Ms.toFixed(1), cpuMs.toFixed(3), ratio.toFixed(2)].join(' | ')} |`);
  return ['### Decisions (Redis)', '', '| one caller | p50 ms | p99 ms | CPU ms each | against the first: CPU of a token, p99 of a tree |', '|---|--:|--:|--:|--:|', ...rows, ''].join('\n');
}

/** Puts the figures into docs/benchmark.md, where the words about them stand. */
export async function writeTables(text: string): Promise<void> {
  const before = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, before.replace(FIGURES, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`));
}
