/**
 * `npm run bench`: what Assent costs over the library that it is made with, and what a server in Node can do at all.
 * Starts everything that it needs, measures all contenders in turn, and stops what it started. See docs/benchmark.md.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { startContenders } from './contenders.ts';
import { measureDecisions } from './decisions.ts';
import { measureLists } from './lists.ts';
import { measureAll } from './measure.ts';
import { decisionsTable, listsTable, tables, writeTables } from './report.ts';
import { SCENARIOS, type ScenarioName } from './load/scenarios.ts';

/** What is not a contest of contenders. */
const BESIDES: readonly string[] = ['lists', 'decisions'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [...Object.keys(SCENARIOS), ...BESIDES] },
    profile: { type: 'string' },
  },
});

const unknown = options.only.find((name) => !BESIDES.includes(name) && !Object.hasOwn(SCENARIOS, name));
if (unknown !== undefined) throw new Error(`There is no scenario ${unknown}, only ${[...Object.keys(SCENARIOS), ...BESIDES].join(', ')}.`);

const plan = {
  scenarios: options.only.filter((name) => !BESIDES.includes(name)) as ScenarioName[],
  connections: 32,
  ...(options.quick ? { warmUpSeconds: 1, rounds: 2, seconds: 1.5 } : { warmUpSeconds: 2, rounds: 5, seconds: 3 }),
};

// What is started is ended when this process exits, however it comes to that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const [busy = 0] = loadavg();
if (busy > cpus().length / 2) console.error(`This machine is busy (load ${busy.toFixed(1)}): go by the CPU time of each request, or come back later.`);

const tell = (line: string) => console.error(line);

async function compare(): Promise<string> {
  const { contenders, redisVersion, stop } = await startContenders({ connections: plan.connections, profile: options.profile });
  try {
    return tables(await measureAll(plan, contenders, tell), { ...plan, redisVersion, busy });
  } finally {
    await stop();
  }
}

/** The largest takes longest to fill. */
const listSizes = options.quick ? [100, 2000] : [100, 10_000, 100_000];
const listsPlan = { sizes: listSizes, rounds: options.quick ? 2 : 5, seconds: options.quick ? 0.5 : 1 };

const parts: string[] = [];
if (plan.scenarios.length > 0) parts.push(await compare());
if (options.only.includes('lists')) parts.push(listsTable(await measureLists(listsPlan, tell)));
if (options.only.includes('decisions')) parts.push(decisionsTable(await measureDecisions({ ...listsPlan, sizes: options.quick ? [100, 2000] : [100, 100_000] }, tell)));
const text = parts.join('\n');
console.log(text);
if (options.write) await writeTables(text);
