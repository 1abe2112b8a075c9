import type { Contender, ContenderName } from './contenders.ts';
import type { Measured, Run } from './load/generator.ts';
import type { ScenarioName } from './load/scenarios.ts';
import { start } from './process.ts';

export interface Plan {
  readonly scenarios: readonly ScenarioName[];
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** Of one contender in one scenario: medians over the rounds. */
export interface Result {
  readonly scenario: ScenarioName;
  readonly contender: ContenderName;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the server process for one unit, all its threads, user and system. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Against the bare library in the same round; `undefined` where it takes no part. */
  readonly ratio: number | undefined;
  readonly cpuRatio: number | undefined;
}

type Sample = Measured & { readonly contender: ContenderName; readonly perSecond: number; readonly cpuMs: number; readonly rssMb: number };

const REFERENCE: ContenderName = 'bare library';

/**
 * Machines are noisy and get slower as they get warm, so contenders take turns in short rounds, each round begins with
 * another one, and what counts is the median of what each round said by itself.
 */
export async function measureAll(plan: Plan, contenders: readonly Contender[], tell: (line: string) => void): Promise<Result[]> {
  const load = await start<string, Run, Measured>('load/generator.ts');
  const results: Result[] = [];

  async function sample({ name, target, usage }: Contender, scenario: ScenarioName, seconds: number): Promise<Sample> {
    const before = await usage();
    const measured = await load.ask({ name, scenario, target, connections: plan.connections, seconds });
    const after = await usage();
    return {
      ...measured,
      contender: name,
      perSecond: measured.count / measured.seconds,
      cpuMs: (after.cpuMs - before.cpuMs) / measured.count,
      rssMb: after.rssMb,
    };
  }

  try {
    for (const scenario of plan.scenarios) {
      const taking = contenders.filter(({ name }) => (name === 'floor') === (scenario === 'floor'));
      for (const contender of taking) await sample(contender, scenario, plan.warmUpSeconds);
      const rounds: Sample[][] = [];
      for (let round = 0; round < plan.rounds; round += 1) {
        const samples: Sample[] = [];
        for (const place of taking.keys()) samples.push(await sample(taking[(place + round) % taking.length]!, scenario, plan.seconds));
        rounds.push(samples);
        tell(`${scenario}, round ${round + 1}: ${samples.map(({ contender, perSecond, cpuMs }) => `${contender} ${perSecond.toFixed(0)}/s ${cpuMs.toFixed(3)} ms`).join(', ')}`);
      }
      results.push(...taking.map(({ name }) => summarize(scenario, name, rounds)));
    }
    return results;
  } finally {
    await load.stop();
  }
}

function summarize(scenario: ScenarioName, contender: ContenderName, rounds: readonly Sample[][]): Result {
  const of = (name: ContenderName) => rounds.flatMap((samples) => samples.filter((sample) => sample.contender === name));
  const [own, reference] = [of(contender), of(REFERENCE)];
  const middle = (value: (sample: Sample) => number) => median(own.map(value));
  const ratio = (value: (sample: Sample) => number) =>
    reference.length === 0 ? undefined : median(own.map((sample, round) => value(sample) / value(reference[round]!)));
  return {
    scenario,
    contender,
    perSecond: middle(({ perSecond }) => perSecond),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
    cpuMs: middle(({ cpuMs }) => cpuMs),
    rssMb: Math.max(...own.map(({ rssMb }) => rssMb)),
    ratio: ratio(({ perSecond }) => perSecond),
    cpuRatio: ratio(({ cpuMs }) => 1 / cpuMs),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
