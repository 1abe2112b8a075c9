import { apiPage, openApiText } from './api.ts';
import { errorsPage } from './errors.ts';
import { eventsPage } from './events.ts';
import { exampleEnvironment, settingsPage } from './settings.ts';

/** Every generated document: its path and what has to stand there. */
export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'docs/generated/settings.md': settingsPage,
  'docs/generated/api.md': apiPage,
  'docs/generated/openapi.json': openApiText,
  'docs/generated/errors.md': errorsPage,
  'docs/generated/events.md': eventsPage,
  'config/example.env': exampleEnvironment,
};
