// Node itself loads the tests: see docs/decisions/tests-as-node-loads-them.md. Use `npm run jest -- <path>`.
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  runner: 'jest-light-runner/child-process',
  setupFiles: ['<rootDir>/test/support/set-up-worker.ts'],
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  reporters: ['default', 'summary', '<rootDir>/test/support/closing-line.mjs'],
  // One more than two cores: a third of the time goes into waiting for clocks, browsers and other processes.
  maxWorkers: 3,
};
