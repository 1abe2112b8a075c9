/** `npm run check`: types, lint, fences, generated documents. */
import { runChecks } from './checks.ts';

process.exitCode = (await runChecks({ fences: true })) ? 0 : 1;
