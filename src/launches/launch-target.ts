import type { Version } from '#src/apps/app.ts';
import { AppError } from '#src/errors.ts';

const isWeb = (uri: string): boolean => /^https?:/.test(uri);

/** Where the token is posted: the launch address, or another one that the version in use has registered, letter for letter (S11). */
export function launchTarget({ launchUri, redirectUris }: Pick<Version, 'launchUri' | 'redirectUris'>, wanted: string | null): string {
  if (wanted === null) {
    if (launchUri === null) throw new AppError('not_found', { detail: 'This app has no address at which it can be opened.' });
    return launchUri;
  }
  if (isWeb(wanted) && [launchUri, ...redirectUris].includes(wanted)) return wanted;
  throw new AppError('invalid_request', { detail: 'This link names an address that the app has not registered, so nothing is sent there. Open the app from your account.' });
}
