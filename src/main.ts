import './require-node.mjs';

// Imported afterwards, so that on an older Node the message of the line above is what a person sees.
const { settingsOrExit } = await import('./settings/settings-or-exit.ts');
const settings = settingsOrExit({ makesSecret: true });

const { default: closeWithGrace } = await import('close-with-grace');
const { keptDemoSecrets } = await import('./demo/kept-secrets.ts');
const { createLog } = await import('./log.ts');
const { startServer } = await import('./server.ts');
const log = createLog(settings.logLevel);

try {
  const server = await startServer(settings, {
    log,
    onFirstOperator: showOnce,
    ...(settings.demo ? { demo: keptDemoSecrets('data/demo.json') } : {}),
  });
  closeWithGrace({ delay: settings.shutdownGraceMs || false, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'Stopping after an error that nothing caught');
    else log.info({ signal }, 'Stopping: finishing what is under way');
    await server.close();
    log.info('Stopped');
  });
  // Said last: whoever reads it may send a signal at once.
  log.info({ url: server.url, mode: settings.mode }, 'Assent is listening');
} catch (err) {
  const inUse = (err as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const hint = inUse ? ' Another program listens there: stop it, or set ASSENT_PORT.' : '';
  log.fatal({ err }, `Assent could not start: ${(err as Error).message}.${hint}`);
  process.exit(1);
}

/** Straight to the terminal: the log hides secrets, and is kept. */
function showOnce({ id, secret }: { id: string; secret: string }) {
  process.stderr.write(
    `\nThe first operator credential, for the management API. It is shown this once and kept nowhere:\n` +
      `  client_id      ${id}\n  client_secret  ${secret}\n\n`,
  );
}
