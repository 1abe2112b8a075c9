import { isResourcePermission } from '#src/apps/resource-permissions.ts';
import type { TenantId } from '#src/ids.ts';

import type { Facts } from './can.ts';
import type { Denial, Resource, Subject } from './decision.ts';
import type { FindToken, FoundToken } from './found-token.ts';
import type { TokenSubject } from './question.ts';
import { readResource } from './resource-facts.ts';
import { readSubject, type DecisionDeps, type SubjectFacts } from './subject-facts.ts';

export interface AskingDeps extends DecisionDeps {
  readonly findToken: FindToken;
}

/** Who calls, and how to learn of them: read once, however many things they are asked about. */
export interface Caller {
  readonly subject: Subject;
  readonly tenant: TenantId;
  readonly byToken: boolean;
  facts(): Promise<SubjectFacts>;
}

/** What is read at most once. */
export const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let begun: Promise<T> | undefined;
  return () => (begun ??= read());
};

export const callerOf = (deps: DecisionDeps, tenant: TenantId, subject: Subject): Caller => ({
  subject,
  tenant,
  byToken: false,
  facts: once(() => readSubject(deps, tenant, subject)),
});

/** The answer to a token that is good for nothing. */
export const DEAD_TOKEN: Denial = { code: 'invalid_token', side: 'app' };

/**
 * Who is behind a token. For a resource server that it is not meant for, and without a proof of the key that it is
 * bound to, it is as if it were made up: `undefined`.
 */
export async function callerByToken({ findToken }: AskingDeps, { text, jkt }: TokenSubject, audience: string): Promise<Caller | undefined> {
  const found = await findToken(text);
  if (!found || !isFor(found, audience) || (found.jkt !== null && found.jkt !== jkt)) return undefined;
  return { subject: found.subject, tenant: found.tenant, byToken: true, facts: once(() => found.read()) };
}

const isFor = ({ audiences }: FoundToken, audience: string): boolean => audiences.length === 0 || audiences.includes(audience);

/** All facts of one question, as they are now. Who calls and what it is about are read side by side; nothing is kept. */
export async function gatherFacts(deps: DecisionDeps, { subject, tenant, facts }: Caller, resource: Resource): Promise<Facts> {
  const [side, known] = await Promise.all([facts(), readResource(deps, tenant, subject, resource)]);
  return factsWith(deps, side, side.hindrance ? {} : await known(side));
}

export const factsWith = ({ catalogue }: DecisionDeps, { hindrance, app }: SubjectFacts, about: Omit<Facts, 'hindrance' | 'app' | 'identitiesOf'>): Facts => ({
  ...about,
  ...(hindrance && { hindrance }),
  ...(app && { app }),
  identitiesOf: (permission) => (isResourcePermission(permission) ? [] : (catalogue.find(permission)?.identities ?? [])),
});
