import { ERRORS } from '#src/errors.ts';
import { missingPermission, type MissingPermission } from '#src/marketplace/missing-permission.ts';

import { appOf, userOf, type Decision, type DenialCode, type Lack, type Side } from './decision.ts';
import type { Evaluation } from './evaluate.ts';
import type { Caller } from './gather-facts.ts';
import type { DecisionDeps } from './subject-facts.ts';

/** What is missing where it is no permission of the catalogue: a right on a node, or any connection at all. */
export interface MissingElse {
  readonly identity: Lack['identity'];
  readonly resource?: { readonly type: string; readonly id: string };
  readonly right?: string;
  readonly who: 'member' | 'app_admins';
  readonly whoInWords: string;
  readonly link: string;
}

/** The `context` of a decision (Authorization API, section 5.5.1). */
export interface DecisionContext {
  readonly policy: Decision['policy'];
  readonly side?: Side;
  readonly code?: DenialCode;
  readonly reason?: string;
  /** `false` beside a token that is good for nothing, as at introspection: the answer to the call is 401. */
  readonly active?: false;
  readonly missing?: MissingPermission | MissingElse;
}

/** In the words for anyone; where one word stands for two things, by whose fault it is. */
export function reasonOf({ code, side }: { code: DenialCode; side: Side }): string {
  if (code === 'invalid_token') return 'The access token is not valid here.';
  if (code === 'role_not_permitted' && side === 'app') return 'An app alone has no role here.';
  if (code === 'not_found') return 'There is nothing of this sort, or nothing that can be done with it like this.';
  return ERRORS[code].sentence;
}

/** Says why, and for what is missing who can grant it, and where (L7). */
export async function explain(deps: DecisionDeps, { decision, caller, dead }: Evaluation): Promise<DecisionContext> {
  if (decision.allowed) return { policy: decision.policy };
  const { policy, side, code } = decision;
  const missing = decision.missing && caller && (await missingIn(deps, caller, decision.missing));
  return { policy, side, code, reason: reasonOf(decision), ...(dead && { active: false as const }), ...(missing && { missing }) };
}

async function missingIn(deps: DecisionDeps, { tenant, subject }: Caller, lack: Lack): Promise<DecisionContext['missing']> {
  const app = appOf(subject);
  if (app === null) return undefined;
  const { identity, permission, node } = lack;
  const user = userOf(subject);
  if (permission !== undefined) return missingPermission(deps, { tenant, app, identity, permission, ...(user !== null && { user }) });
  const who = identity === 'user' ? 'member' : 'app_admins';
  return {
    identity,
    ...(node && { resource: { type: node.at.kind, id: node.at.id }, right: node.right }),
    who,
    whoInWords: who === 'member' ? 'The member for whom the app calls.' : 'Somebody who manages apps in this tenant.',
    link: new URL(`/apps/${encodeURIComponent(app)}?${new URLSearchParams({ tenant }).toString()}`, deps.issuer).href,
  };
}
