import './require-node.mjs';

// Imported afterwards, so that on an older Node the message of the line above is what a person sees.
const { loadSettings, modeOf, SettingsError } = await import('./settings/settings.ts');
const { keptDevelopmentSecret } = await import('./settings/secret.ts');
const settings = settingsOrExit();

const { default: closeWithGrace } = await import('close-with-grace');
const { createLog } = await import('./log.ts');
const { startServer } = await import('./server.ts');
const log = createLog(settings.logLevel);

try {
  const server = await startServer(settings);
  log.info({ url: server.url, mode: settings.mode }, 'Assent is listening');
  closeWithGrace({ delay: settings.shutdownGraceMs || false, logger: false }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'Stopping after an error that nothing caught');
    else log.info({ signal }, 'Stopping: finishing what is under way');
    await server.close();
    log.info('Stopped');
  });
} catch (err) {
  log.fatal({ err }, 'Assent could not start');
  process.exit(1);
}

function settingsOrExit() {
  const env = process.env;
  try {
    const makeSecret = modeOf(env) === 'development' && !env['ASSENT_SECRET'];
    return loadSettings(makeSecret ? { ...env, ASSENT_SECRET: keptDevelopmentSecret('data/secret') } : env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\nEvery setting is explained in docs/generated/settings.md.\n`);
    process.exit(2);
  }
}
