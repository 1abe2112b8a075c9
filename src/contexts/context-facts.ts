import type { ContextId, TenantId, UserId } from '#src/ids.ts';
import { isActive, type Member } from '#src/tenants/member.ts';
import { memberKey } from '#src/tenants/member-store.ts';

import type { ContextKind } from './context-kind.ts';
import type { Context, ContextMember } from './context.ts';
import { contextKey, contextMemberKey } from './context-records.ts';
import type { ContextDeps } from './context-store.ts';
import { methodsAfterEnd, methodsOf, type Held, type MethodState } from './methods.ts';

/** What decisions in a context are made of, as it is now. */
export interface ContextFacts {
  readonly context: Context;
  readonly kind: ContextKind;
  /** `null` for who is not in it, and for who is no longer the member who was put there. */
  readonly role: string | null;
}

/** One round trip, nothing kept (R4). `undefined` where the tenant has no such context. */
export async function readContextFacts(deps: ContextDeps, tenant: TenantId, id: ContextId, user: UserId): Promise<ContextFacts | undefined> {
  const [context, place, member] = await deps.store.read(contextKey(tenant, id), contextMemberKey(tenant, id, { user }), memberKey(tenant, user));
  return contextFacts(deps, { context: context?.value, place: place?.value, member: member?.value });
}

/** The same of what was read already, together with other things say. */
export function contextFacts(
  { contextKinds }: Pick<ContextDeps, 'contextKinds'>,
  { context, place, member }: { context: Context | undefined; place: ContextMember | undefined; member: Member | undefined },
): ContextFacts | undefined {
  const kind = context && contextKinds.find(context.kind);
  return kind && { context, kind, role: roleOf(place, member) };
}

/** A place in a context ends with the stay in the tenant in which it was given (xT6). */
export function roleOf(place: ContextMember | undefined, member: Member | undefined): string | null {
  if (!place) return null;
  if ('guest' in place.person) return place.role;
  return isActive(member) && member.membership === place.person.membership ? place.role : null;
}

export const methodsIn = ({ context, kind, role }: ContextFacts, held: Held | null): MethodState[] =>
  context.status === 'open' ? methodsOf(kind, role, held) : methodsAfterEnd(kind);
