import { CONTRADICTION } from '#src/approvals/audience-form.ts';
import type { PermissionsByIdentity } from '#src/approvals/check-approval.ts';
import { asDataRange } from '#src/installations/data-range-form.ts';
import type { DataRange } from '#src/installations/installation.ts';
import type { ChosenNode } from '#src/resources/resource.ts';

import type { ConsentAnswer } from './consent-answer.ts';
import type { ConsentDraft } from './consent-draft.ts';
import type { ConsentInput } from './consent-input.ts';
import type { AskView, ConsentView } from './consent-view.ts';
import type { NodePart } from './node-part.ts';
import type { PermissionLine } from './permission-line.ts';
import { sameDigest } from './shown-digest.ts';
import type { TenantPart } from './tenant-part.ts';

export type ConsentOutcome =
  | {
      readonly is: 'given';
      readonly answer: Omit<ConsentAnswer, 'generation'>;
      /** What is put to the reviewers along with it; empty for nothing. */
      readonly ask: PermissionsByIdentity;
      /** Tenant permissions that the yes approves for the tenant. */
      readonly approve: readonly string[];
      readonly reason: string;
    }
  /** Nothing can be given yet: the reviewers are asked. */
  | { readonly is: 'asked'; readonly permissions: PermissionsByIdentity; readonly reason: string }
  | { readonly is: 'refused'; readonly description: string }
  /** What would be given is not what the person read: show it again. */
  | { readonly is: 'changed' }
  /** Something is open that only the person can say: show it again as they filled it in. */
  | { readonly is: 'unclear'; readonly notice: string }
  /** The page's own form cannot have sent this. */
  | { readonly is: 'invalid'; readonly pointer: string; readonly detail: string };

/** What the app is told beside `access_denied`. It learns nothing about the tenants of the person. */
function refusalOf(view: ConsentView): string {
  switch (view.page) {
    case 'ask':
      return 'The person refused.';
    case 'hindered':
      return view.refusal;
    case 'no-tenant':
      return 'member_inactive: the person is not an active member of any tenant.';
    case 'unknown-tenant':
      return 'The person cannot use this app in the tenant that was asked for.';
  }
}

const scopesOf = (lines: readonly PermissionLine[] = []): readonly string[] => lines.flatMap(({ scopes }) => scopes);

/** What was ticked and is not among the boxes. */
const stranger = (ticked: readonly string[], lines: readonly PermissionLine[] | undefined): string | undefined =>
  ticked.find((name) => !scopesOf(lines).includes(name));

/**
 * `view` is the page made anew for the tenant that the form names, `shown` its digest. Every yes is exactly: what was
 * required, what was ticked among what was optional, and the shared access box. What the grant holds already is not
 * given a second time, so that something taken back meanwhile cannot return with this answer (xC7).
 */
export function decideConsent(view: ConsentView, shown: string | undefined, input: Exclude<ConsentInput, { decision: 'search' }>): ConsentOutcome {
  if (input.decision === 'refuse') return { is: 'refused', description: refusalOf(view) };
  const same = shown !== undefined && sameDigest(input.shown, shown);
  if (!same || (view.page !== 'ask' && view.page !== 'hindered') || input.tenant !== view.tenant.id) return { is: 'changed' };
  if (input.decision === 'ask') {
    if (view.page === 'ask' || view.ask === undefined) return { is: 'invalid', pointer: 'decision', detail: 'There is nothing to ask for here.' };
    return { is: 'asked', permissions: view.ask.permissions, reason: input.reason };
  }
  return view.page === 'ask' ? decideAsk(view, input.draft) : { is: 'changed' };
}

function decideAsk(view: AskView, draft: ConsentDraft): ConsentOutcome {
  const { user, installation, tenant } = view;
  const unknown = stranger(draft.ticked, user?.optional) ?? stranger(draft.tenantTicked, installation?.optional);
  if (unknown !== undefined) return { is: 'invalid', pointer: 'permission', detail: `"${unknown.slice(0, 100)}" was not offered.` };
  if (draft.sharedAccess && user?.sharedAccess === undefined) {
    return { is: 'invalid', pointer: 'shared_access', detail: 'Shared access was not offered.' };
  }
  const dataRange = installation && dataRangeOf(draft);
  if (dataRange === 'unclear') return { is: 'unclear', notice: CONTRADICTION };
  if (dataRange === 'nobody') return { is: 'unclear', notice: NOBODY };

  const problem = [...(user?.nodes ?? []), ...(installation?.nodes ?? [])].flatMap(({ given }) => ('problem' in given ? [given.problem] : []))[0];
  if (problem !== undefined) return { is: 'unclear', notice: problem };

  const forTenant = installation ? installed(installation, draft) : [];
  return {
    is: 'given',
    answer: {
      tenant: tenant.id,
      user: user
        ? {
            tenant: tenant.id,
            permissions: [...scopesOf(user.required), ...scopesOf(user.optional).filter((name) => draft.ticked.includes(name))],
            sharedAccess: user.sharedAccess === undefined ? user.sharedAccessHeld : draft.sharedAccess,
            requested: scopesOf(user.inReview),
            resources: nodesIn(user.nodes),
            leftResources: user.nodes.filter(({ given }) => 'nodes' in given && given.nodes.length === 0).map(({ permission }) => permission),
            basis: user.basis,
          }
        : null,
      installation: installation && dataRange ? { tenant: tenant.id, permissions: forTenant, dataRange, resources: nodesIn(installation.nodes), basis: installation.basis } : null,
    },
    ask: { user: view.askAlong?.user ?? [], tenant: view.askAlong?.tenant ?? [] },
    approve: [...forTenant, ...nodesIn(installation?.nodes).map(({ permission }) => permission)].filter((name) => installation?.approving.includes(name)),
    reason: draft.reason,
  };
}

const nodesIn = (parts: readonly NodePart[] = []): readonly ChosenNode[] => parts.flatMap(({ given }) => ('nodes' in given ? given.nodes : []));

const installed = ({ required, optional }: TenantPart, { tenantTicked }: ConsentDraft): readonly string[] => [
  ...scopesOf(required),
  ...scopesOf(optional).filter((name) => tenantTicked.includes(name)),
];

const NOBODY = 'Choose at least one group or member, or everyone.';

/** A wide choice that stands beside a narrow one may be an oversight; it is asked, not guessed. */
function dataRangeOf({ dataRange: { availability, contradicts } }: ConsentDraft): DataRange | 'unclear' | 'nobody' {
  if (contradicts) return 'unclear';
  const empty = availability.kind === 'some' && availability.groups.length + availability.members.length === 0;
  return empty ? 'nobody' : asDataRange(availability);
}
