import { AppError, type FieldProblem } from '#src/errors.ts';
import { displayName, displaySentence } from '#src/names.ts';

import type { App } from './app.ts';
import { jwksProblem } from './jwks.ts';
import { pageUriProblem } from './uris.ts';

/** What can be said of an app when it is registered, and later. */
export interface AppChanges {
  readonly name?: string;
  readonly tagline?: string;
  readonly logoUri?: string | null;
  readonly homepageUri?: string | null;
  readonly privacyUri?: string | null;
  readonly developer?: App['developer'];
  readonly jwks?: App['jwks'];
  readonly pkce?: App['pkce'];
  readonly dpopBound?: boolean;
  readonly listed?: boolean;
}

/** The app with the changes, if what comes out is a valid app. Throws `invalid_request` with all that is wrong. */
export function changedDetails(before: App, changes: AppChanges): App {
  // Absent and `undefined` both mean: as it was.
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as AppChanges;
  const app: App = { ...before, ...given };
  const fields: FieldProblem[] = [];
  const attempt = (read: () => string): string => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof AppError) || !error.fields) throw error;
      fields.push(...error.fields);
      return '';
    }
  };
  const checked: App = {
    ...app,
    name: attempt(() => displayName(app.name)),
    tagline: attempt(() => displaySentence(app.tagline, '/tagline')),
    developer: { ...app.developer, name: attempt(() => displayName(app.developer.name, '/developer/name')) },
  };
  fields.push(...problemsOf(checked));
  if (fields.length > 0) throw new AppError('invalid_request', { fields });
  return checked;
}

function problemsOf(app: App): FieldProblem[] {
  const links = [
    ['/logoUri', app.logoUri],
    ['/homepageUri', app.homepageUri],
    ['/privacyUri', app.privacyUri],
    ['/developer/uri', app.developer.uri],
  ] as const;
  const problems = links.map(([pointer, uri]) => ({ pointer, detail: uri === null ? undefined : pageUriProblem(uri) }));
  const usesKeys = app.authMethod === 'private_key_jwt';
  const keys = usesKeys ? jwksProblem(app.jwks) : app.jwks && 'Only an app that authenticates with private_key_jwt has keys.';
  const pkce = app.authMethod === 'none' && app.pkce !== 'required' && 'A public app always needs PKCE.';
  const listed = app.listed && app.owner !== null && "A tenant's own app stands in the marketplace for that tenant only.";
  return [
    ...problems,
    { pointer: '/jwks', detail: keys || undefined },
    { pointer: '/pkce', detail: pkce || undefined },
    { pointer: '/listed', detail: listed || undefined },
  ].flatMap(({ pointer, detail }) => (detail === undefined ? [] : [{ pointer, detail }]));
}
