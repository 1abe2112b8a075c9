import { AppError } from '#src/errors.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import type { ResourceKinds } from '#src/resources/resource-kind.ts';

import type { Resource, Subject } from './decision.ts';

type Properties = Readonly<Record<string, unknown>>;

/** An entity of the Authorization API, section 5. */
export interface Entity {
  readonly type: string;
  readonly id: string;
  readonly properties?: Properties | undefined;
}

/** What somebody asks, in the words of the Authorization API. */
export interface Asked {
  readonly subject: Entity;
  readonly action: { readonly name: string };
  readonly resource: Entity;
  readonly context?: Properties | undefined;
}

/** A token in place of whoever holds it. Its text is kept nowhere and said to nobody. */
export interface TokenSubject {
  readonly type: 'access_token';
  readonly text: string;
  /** The key of which the caller has seen a proof (RFC 9449), for a token that is bound to one. */
  readonly jkt: string | null;
}

const textIn = (properties: Properties | undefined, ...names: readonly string[]): string | undefined =>
  names.map((name) => properties?.[name]).find((value): value is string => typeof value === 'string' && value !== '');

/** `undefined` for a type that nobody knows. `context.app` says that the member calls through an app, token or none. */
export function subjectOf({ type, id, properties }: Entity, context: Properties | undefined): Subject | TokenSubject | undefined {
  const app = textIn(context, 'app') as AppId | undefined;
  if (type === 'access_token') return { type, text: id, jkt: textIn(properties, 'jkt') ?? null };
  if (type === 'app') return { type, app: id as AppId };
  if (type === 'user') return app === undefined ? { type, user: id as UserId } : { type: 'user+app', user: id as UserId, app };
  if (type === 'guest') return app === undefined ? { type, guest: id } : { type: 'guest+app', guest: id, app };
  return undefined;
}

/**
 * A context, a member's data, or a node of a kind of the tree. Any other type is something in the context that
 * `context.context` names: a recording, say, of a meeting.
 */
export function resourceOf({ type, id, properties }: Entity, context: Properties | undefined, kinds: ResourceKinds): Resource {
  const owner = (textIn(properties, 'owner', 'ownerID') ?? null) as UserId | null;
  const inside = textIn(context, 'context');
  if (type === 'context') return { type, context: id, owner };
  if (type === 'user_data') return { type, owner: id as UserId };
  if (kinds.find(type)) return { type: 'node', node: { kind: type, id }, owner };
  return inside === undefined ? { type: 'unknown' } : { type: 'context', context: inside, owner };
}

/** The tenant that is asked about, as the question says. A token says it itself. */
export function tenantNamed({ subject, resource, context }: Pick<Asked, 'context'> & { subject: Partial<Entity>; resource: Partial<Entity> }): TenantId | undefined {
  const named = [textIn(context, 'tenant'), textIn(resource.properties, 'tenant'), textIn(subject.properties, 'tenant')].filter((each) => each !== undefined);
  if (new Set(named).size > 1) throw new AppError('invalid_request', { detail: 'Two different tenants are named.' });
  return named[0] as TenantId | undefined;
}

export const noTenant = () => new AppError('invalid_request', { detail: 'Name the tenant: context.tenant.' });
