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
  log.fatal({ err }, `Assent could not start: ${whyNot(err as Error).replace(/\.?$/, '.')}`);
  process.exit(1);
}

/** What happened, and what to do where that can be said. */
function whyNot(err: Error & { readonly code?: string; readonly logDetail?: unknown }): string {
  if (err.code === 'EADDRINUSE') return `${err.message}. Another program listens there: stop it, or set ASSENT_PORT`;
  if (err.code === 'storage_unavailable') return `${String(err.logDetail)}. See that it runs, or change ASSENT_STORE`;
  return err.message;
}

/** Straight to the terminal: the log hides secrets, and is kept. */
function showOnce({ id, secret }: { id: string; secret: string }) {
  process.stderr.write(
    `\nThe first operator credential, for the management API. It is shown this once and kept nowhere:\n` +
      `  client_id      ${id}\n  client_secret  ${secret}\n\n`,
  );
}
