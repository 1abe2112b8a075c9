import type { TenantId } from '#src/ids.ts';

import { can } from './can.ts';
import { userOf, type Decision, type Denial, type Resource, type Subject } from './decision.ts';
import { callerByToken, callerOf, DEAD_TOKEN, gatherFacts, type AskingDeps, type Caller } from './gather-facts.ts';
import { noTenant, resourceOf, subjectOf, tenantNamed, type Asked, type Entity } from './question.ts';

/** A decision, who it is about, and whether that is a token which is good for nothing. */
export interface Evaluation {
  readonly decision: Decision;
  readonly caller: Caller | undefined;
  readonly dead: boolean;
}

/** Who asks: a resource server, and only about tokens that are for its audience. */
export interface Asker {
  readonly audience: string;
}

export async function evaluate(deps: AskingDeps, asked: Asked, asker: Asker): Promise<Evaluation> {
  const found = await findCaller(deps, asked, asker);
  if ('code' in found) return { decision: { allowed: false, policy: 'user+app', ...found }, caller: undefined, dead: found.code === 'invalid_token' };
  const resource = resourceIn(deps, asked, found);
  return decideFor(deps, found, asked.action.name, resource);
}

export async function decideFor(deps: AskingDeps, caller: Caller, action: string, resource: Resource): Promise<Evaluation> {
  const facts = await gatherFacts(deps, caller, resource);
  return { decision: can(caller.subject, action, resource, facts), caller, dead: caller.byToken && facts.hindrance !== undefined };
}

type Query = Pick<Asked, 'context'> & { readonly subject: Entity; readonly resource: Partial<Entity> };

/** Who calls, or why nobody can. */
export async function findCaller(deps: AskingDeps, query: Query, { audience }: Asker): Promise<Caller | Denial> {
  const subject = subjectOf(query.subject, query.context);
  if (subject === undefined) return { code: 'not_found', side: 'user' };
  if (subject.type === 'access_token') return (await callerByToken(deps, subject, audience)) ?? DEAD_TOKEN;
  const tenant = tenantNamed(query);
  if (tenant === undefined) throw noTenant();
  return callerOf(deps, tenant, subject);
}

/** Of a member's data: their own, whoever it is that calls. */
const ME = 'me';

/** What is asked about, in the caller's own tenant: what is said to be in another one is as if it were nowhere (I5). */
export function resourceIn(
  { resourceKinds }: AskingDeps,
  asked: Pick<Asked, 'context'> & { subject: Partial<Entity>; resource: Entity },
  { tenant, subject }: { tenant: TenantId; subject?: Subject },
): Resource {
  const named = tenantNamed(asked);
  if (named !== undefined && named !== tenant) return { type: 'unknown' };
  const resource = resourceOf(asked.resource, asked.context, resourceKinds);
  const user = subject && userOf(subject);
  return resource.type === 'user_data' && asked.resource.id === ME && user ? { ...resource, owner: user } : resource;
}
