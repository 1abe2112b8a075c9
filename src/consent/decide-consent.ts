import type { ConsentInput } from './consent-input.ts';
import type { AskView, ConsentView } from './consent-view.ts';
import type { ConsentDecision } from './grant.ts';
import { sameDigest } from './shown-digest.ts';

export type ConsentOutcome =
  | { readonly is: 'given'; readonly decision: ConsentDecision }
  | { readonly is: 'refused'; readonly description: string }
  /** What would be given is not what the person read: show it again. */
  | { readonly is: 'changed' }
  /** The page's own form cannot have sent this. */
  | { readonly is: 'invalid'; readonly pointer: string; readonly detail: string };

/** What the app is told beside `access_denied`. It learns nothing about the tenants of the person. */
const REFUSALS: Readonly<Record<ConsentView['page'], string>> = {
  ask: 'The person refused.',
  'no-tenant': 'member_inactive: the person is not an active member of any tenant.',
  'unknown-tenant': 'The person cannot use this app in the tenant that was asked for.',
  'tenant-identity': 'unauthorized_client: this app cannot be authorized for a whole tenant here, only by each member.',
};

const scopesOf = (lines: AskView['required']): readonly string[] => lines.flatMap(({ scopes }) => scopes);

/**
 * `view` is the page made anew for the tenant that the form names, `shown` its digest. Every yes is exactly: what was
 * required, what was ticked among what was optional, and the shared access box. What the grant holds already is not
 * given a second time, so that something taken back meanwhile cannot return with this answer (xC7).
 */
export function decideConsent(view: ConsentView, shown: string | undefined, input: ConsentInput): ConsentOutcome {
  if (input.decision === 'refuse') return { is: 'refused', description: REFUSALS[view.page] };
  if (view.page !== 'ask' || shown === undefined || !sameDigest(input.shown, shown) || input.tenant !== view.tenant.id) {
    return { is: 'changed' };
  }
  const optional = scopesOf(view.optional);
  const unknown = input.ticked.find((name) => !optional.includes(name));
  if (unknown !== undefined) return { is: 'invalid', pointer: 'permission', detail: `"${unknown.slice(0, 100)}" was not offered.` };
  if (input.sharedAccess && view.sharedAccess === undefined) {
    return { is: 'invalid', pointer: 'shared_access', detail: 'Shared access was not offered.' };
  }
  return {
    is: 'given',
    decision: {
      tenant: view.tenant.id,
      permissions: [...scopesOf(view.required), ...optional.filter((name) => input.ticked.includes(name))],
      sharedAccess: view.sharedAccess === undefined ? view.sharedAccessHeld : input.sharedAccess,
      basis: view.basis,
    },
  };
}
