/**
 * `npm run new-operator [-- <name>]`: makes another credential for the management API, for whoever has the store and has lost
 * every secret. It takes the settings of the server. On Redis servers go on meanwhile; SQLite is one process's alone, so
 * there the server has to be stopped, and nothing is done while it runs.
 */
import { existsSync } from 'node:fs';

import { systemClock } from '#src/clock.ts';
import { AppError } from '#src/errors.ts';
import { operatorByStore } from '#src/operators/operator-store.ts';
import { settingsOrExit } from '#src/settings/settings-or-exit.ts';
import { openStore } from '#src/storage/open-store.ts';
import { parseStoreUrl } from '#src/storage/store-url.ts';
import { UnusableStore } from '#src/storage/unavailable.ts';

const settings = settingsOrExit({ makesSecret: false });
const [name = 'Made with new-operator'] = process.argv.slice(2);
const NOT_STARTED = 'Start the server: it shows the first credential.';

try {
  const { storeUrl } = settings.secrets;
  const where = parseStoreUrl(storeUrl);
  // Opening it would make it.
  if (where.engine === 'sqlite' && !existsSync(where.file)) throw new UnusableStore(`${where.file} is not there. Is ASSENT_STORE that of the server? ${NOT_STARTED}`);
  const store = await openStore(storeUrl, {
    clock: systemClock,
    timeoutMs: settings.storeTimeoutMs,
    replicas: settings.redisReplicas,
    allowUnsafe: settings.redisAllowUnsafe,
  });
  const made = await operatorByStore({ store, clock: systemClock }, name).finally(() => store.close());
  if (!made) throw new UnusableStore(`No server ever started on this store. Is ASSENT_STORE that of the server? ${NOT_STARTED}`);
  process.stdout.write(
    `A new operator credential, for the management API. It is shown this once and kept nowhere:\n` +
      `  client_id      ${made.operator.id}\n  client_secret  ${made.secret}\n`,
  );
} catch (error) {
  if (!(error instanceof UnusableStore || error instanceof AppError)) throw error;
  const fields = error instanceof AppError ? (error.fields ?? []).map(({ detail }) => ` ${detail}`) : [];
  process.stderr.write(`There is no credential to show: ${error.message}${fields.join('')}\n`);
  process.exitCode = 1;
}
