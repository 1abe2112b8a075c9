import type { AppId, TenantId } from '#src/ids.ts';
import type { ResourceRef } from '#src/resources/resource.ts';

import type { LaunchPlace } from './launch.ts';

/** What a link to `/launch/{client_id}` says. */
export interface LaunchLink extends LaunchPlace {
  readonly app: AppId;
  readonly tenant: TenantId | null;
  /** Where the app wants to be told, if not at its launch address (S11). */
  readonly redirectUri: string | null;
}

const launchQuery = ({ tenant, context, resource, redirectUri }: LaunchLink): URLSearchParams =>
  new URLSearchParams({
    ...(tenant !== null && { tenant }),
    ...(context !== null && { context }),
    ...(resource !== null && { resource: `${resource.kind}:${resource.id}` }),
    ...(redirectUri !== null && { redirect_uri: redirectUri }),
  });

export function launchPath(link: LaunchLink, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams([...launchQuery(link), ...Object.entries(more)]).toString();
  return `/launch/${encodeURIComponent(link.app)}${query === '' ? '' : `?${query}`}`;
}

/** `kind:id`; the id may hold colons of its own. */
export function resourceIn(text: string): ResourceRef | null {
  const colon = text.indexOf(':');
  return colon > 0 && colon < text.length - 1 ? { kind: text.slice(0, colon), id: text.slice(colon + 1) } : null;
}
