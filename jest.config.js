// Node strips the types, so there is nothing to transform. Needs --experimental-vm-modules: use `npm run jest -- <path>`.
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  injectGlobals: false,
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  reporters: ['default', 'summary', '<rootDir>/test/support/closing-line.mjs'],
  // One more than two cores: a third of the time goes into waiting for clocks, browsers and other processes.
  maxWorkers: 3,
  testTimeout: 30_000,
};
