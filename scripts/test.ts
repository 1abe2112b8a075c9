/** `npm test`: makes sure that the programs the tests need are there, then checks, then all tests. */
import { runChecks } from './checks.ts';
import { installMissingPrograms } from './programs.ts';
import { JEST, runShown } from './run.ts';

if (!(await installMissingPrograms())) process.exit(1);
const checked = await runChecks({ fences: false });
// What a failed test left running must not keep the process, or nobody would see the summary.
const tested = await runShown(process.execPath, [...JEST, '--forceExit', ...process.argv.slice(2)], { minutes: 20 });

if (!checked) console.error('\nA check failed: see the top of this output.');
process.exitCode = checked ? tested : 1;
