import { JEST, run } from './run.ts';

const NODE = process.execPath;

const TYPES = { name: 'types', command: NODE, args: ['node_modules/typescript/bin/tsc'] };
const LINT = { name: 'lint', command: NODE, args: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] };
const DOCUMENTS = { name: 'generated documents', command: NODE, args: ['scripts/docs.ts', '--check'] };
const FENCES = { name: 'fences', command: NODE, args: [...JEST, 'test/architecture.test.ts'] };

/** The fences are a test too: whoever runs all tests anyway leaves them out here. */
export async function runChecks({ fences }: { fences: boolean }): Promise<boolean> {
  const checks = [TYPES, LINT, DOCUMENTS, ...(fences ? [FENCES] : [])];
  const outcomes = await Promise.all(
    checks.map(async ({ name, command, args }) => {
      const { ok, output, seconds } = await run(command, args);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
      if (!ok) console.log(output);
      return ok;
    }),
  );
  return outcomes.every(Boolean);
}
