// Plain JavaScript, because an older Node cannot even read TypeScript. Loaded first, or with --import.
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Assent needs Node ${NEEDED} or newer; this is ${process.version}.\n` +
      `On Linux "npm ci" brings its own Node ${NEEDED} for all npm scripts (unless optional packages were left out).\n` +
      `Elsewhere install Node ${NEEDED}: https://nodejs.org/en/download\n`,
  );
  process.exit(1);
}
