/** Assent as it is started for real, except that the first operator's credential goes to the bench. Settings come from the environment. */
import { startServer } from '#src/server.ts';
import { loadSettings } from '#src/settings/settings.ts';

import { announce, usage } from '../child.ts';

let operator: { id: string; secret: string } | undefined;
const { url } = await startServer(loadSettings(process.env), { onFirstOperator: (credential) => (operator = credential) });
announce({ origin: url, operator }, usage);
