import { writeSync } from 'node:fs';

/** The last line of a run, the same whatever the runner prints: `417 passed, 0 failed`. A file that could not run counts as one failed test. */
export default class ClosingLine {
  onRunComplete(_, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    writeSync(1, `\n${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed\n`);
  }
}
