/**
 * The load, in a process of its own: as many connections as asked for, each of which sends its next request when the
 * answer to the one before is there. Between runs servers close idle connections, so each run opens its own; what they
 * know (their refresh tokens, say) is kept from run to run.
 */
import { announce } from '../child.ts';
import type { Target } from '../target.ts';
import { openConnection } from './connection.ts';
import { SCENARIOS, type ScenarioName, type Work } from './scenarios.ts';

export interface Run {
  readonly name: string;
  readonly scenario: ScenarioName;
  readonly target: Target;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly count: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const works = new Map<string, Work[]>();

function worksOf({ name, scenario, target, connections }: Run): Work[] {
  const key = `${name} ${scenario}`;
  const known = works.get(key) ?? Array.from({ length: connections }, (_, place) => SCENARIOS[scenario](target, place));
  works.set(key, known);
  return known;
}

async function measure(run: Run): Promise<Measured> {
  const clients = await Promise.all(worksOf(run).map(async (work) => ({ work, connection: await openConnection(run.target.origin) })));
  const times: number[] = [];
  const begun = performance.now();
  const end = begun + run.seconds * 1000;
  await Promise.all(
    clients.map(async ({ connection, work }) => {
      for (let before = performance.now(); before < end; ) {
        await work(connection.send);
        const now = performance.now();
        times.push(now - before);
        before = now;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  for (const { connection } of clients) connection.close();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { count: times.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

announce('', measure);
