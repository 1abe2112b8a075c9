// Node strips the types, so there is nothing to transform. Needs --experimental-vm-modules: use `npm run jest -- <path>`.
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  injectGlobals: false,
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  reporters: ['default', 'summary', '<rootDir>/test/support/closing-line.mjs'],
  maxWorkers: 2,
  testTimeout: 30_000,
};
