/**
 * `npm run bench`: what Assent costs over the library that it is made with, and what a server in Node can do at all.
 * Starts everything that it needs, measures all contenders in turn, and stops what it started. See docs/benchmark.md.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { startContenders } from './contenders.ts';
import { measureAll } from './measure.ts';
import { tables, writeTables } from './report.ts';
import { SCENARIOS, type ScenarioName } from './load/scenarios.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: Object.keys(SCENARIOS) },
    profile: { type: 'string' },
  },
});

const unknown = options.only.find((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown !== undefined) throw new Error(`There is no scenario ${unknown}, only ${Object.keys(SCENARIOS).join(', ')}.`);

const plan = {
  scenarios: options.only as ScenarioName[],
  connections: 32,
  ...(options.quick ? { warmUpSeconds: 1, rounds: 2, seconds: 1.5 } : { warmUpSeconds: 2, rounds: 5, seconds: 3 }),
};

// What is started is ended when this process exits, however it comes to that.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

const [busy = 0] = loadavg();
if (busy > cpus().length / 2) console.error(`This machine is busy (load ${busy.toFixed(1)}): go by the CPU time of each request, or come back later.`);

const { contenders, redisVersion, stop } = await startContenders({ connections: plan.connections, profile: options.profile });
try {
  const results = await measureAll(plan, contenders, (line) => console.error(line));
  const text = tables(results, { ...plan, redisVersion, busy });
  console.log(text);
  if (options.write) await writeTables(text);
} finally {
  await stop();
}
