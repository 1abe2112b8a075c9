import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import { resourcePermission, resourcesOf } from '#src/apps/resource-permissions.ts';
import type { Identity } from '#src/approvals/rules.ts';
import { ERRORS } from '#src/errors.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { missingPermission, type MissingPermission } from '#src/marketplace/missing-permission.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';
import { holdsRight, type RequestedResource, type Right } from '#src/resources/resource.ts';

import { appOf, userOf, type Decision, type DenialCode, type Lack, type Side } from './decision.ts';
import type { Evaluation } from './evaluate.ts';
import type { Caller } from './gather-facts.ts';
import type { DecisionDeps } from './subject-facts.ts';

/** What is missing, who can grant it, and where (L7). A right on a node stands there under the name by which tenants decide on it. */
export type Missing =
  | (MissingPermission & { readonly resource?: { readonly type: string; readonly id: string }; readonly right?: Right })
  /** Any connection at all. */
  | Pick<MissingPermission, 'identity' | 'who' | 'whoInWords' | 'link'>;

/** Whom a live token is for: what a platform API needs to answer the call, so that it asks only once. */
export interface TokenHolder {
  readonly tenant: TenantId;
  readonly identity: Identity;
  /** `null` for an app that acts as itself. */
  readonly user: UserId | null;
  readonly client: AppId | null;
  readonly shared_access: boolean;
}

/** The `context` of a decision (Authorization API, section 5.5.1). */
export interface DecisionContext {
  readonly policy: Decision['policy'];
  readonly side?: Side;
  readonly code?: DenialCode;
  readonly reason?: string;
  /** `false` beside a token that is good for nothing, as at introspection: the answer to the call is 401. */
  readonly active?: false;
  readonly missing?: Missing;
  /** Beside a question about a token that is good. */
  readonly token?: TokenHolder;
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
  const token = caller?.byToken && !dead ? { token: await holderOf(caller) } : {};
  if (decision.allowed) return { policy: decision.policy, ...token };
  const { policy, side, code } = decision;
  const missing = decision.missing && caller && (await missingIn(deps, caller, decision.missing));
  return { policy, side, code, reason: reasonOf(decision), ...(dead && { active: false as const }), ...(missing && { missing }), ...token };
}

async function holderOf({ tenant, subject, facts }: Caller): Promise<TokenHolder> {
  const { app } = await facts();
  return { tenant, identity: app?.identity ?? 'user', user: userOf(subject), client: appOf(subject), shared_access: app?.permissions.includes(SHARED_ACCESS) === true };
}

async function missingIn(deps: DecisionDeps, { tenant, subject }: Caller, { identity, permission, node }: Lack): Promise<Missing | undefined> {
  const app = appOf(subject);
  if (app === null) return undefined;
  const user = userOf(subject);
  const ask = (name: string) => missingPermission(deps, { tenant, app, identity, permission: name, ...(user !== null && { user }) });
  const appPage = new URL(`/apps/${encodeURIComponent(app)}?${new URLSearchParams({ tenant }).toString()}`, deps.issuer).href;
  if (permission !== undefined) return ask(permission);
  if (!node) return { identity, who: 'member', whoInWords: 'The member for whom the app calls.', link: appPage };
  const missing = await ask(resourcePermission(identity, await askedFor(deps, app, identity, node)));
  // What is granted on a node takes a node, which the member chooses where they connect the app.
  const chooses = missing?.who === 'member' && { link: appPage };
  return missing && { ...missing, ...chooses, resource: { type: node.at.kind, id: node.at.id }, right: node.right };
}

/** As the version asks for it: on nodes of this kind, or of one above; else as it would have to. */
async function askedFor({ apps, resourceKinds }: DecisionDeps, app: AppId, identity: Identity, { at: { kind }, right }: NonNullable<Lack['node']>): Promise<Pick<RequestedResource, 'kind' | 'right'>> {
  const live = await apps.find(app);
  const asked = live ? resourcesOf(live.version, identity).filter((each) => holdsRight(each.right, right)) : [];
  const above = kindsFrom(resourceKinds, kind);
  return asked.find((each) => each.kind === kind) ?? asked.find((each) => above.has(each.kind)) ?? { kind, right };
}

function kindsFrom(kinds: ResourceKinds, name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const parent of kinds.find(name)?.parents ?? []) kindsFrom(kinds, parent, found);
  return found;
}
