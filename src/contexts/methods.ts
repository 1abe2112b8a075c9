import type { ContextKind, ContextMethod } from './context-kind.ts';

/** Why an app cannot call a method for somebody. Each is a code of `#src/errors.ts`. */
export type Unsupported = 'context_ended' | 'role_not_permitted' | 'insufficient_scope';

export type MethodState =
  | { readonly method: ContextMethod; readonly supported: true }
  | {
      readonly method: ContextMethod;
      readonly supported: false;
      readonly code: Unsupported;
      /** The permission that the app would need, where that is what is missing. */
      readonly missing: string | null;
    };

/** The permissions that count. For a call without an app all of them do: `{ has: () => true }`. */
export interface Held {
  has(permission: string): boolean;
}

/**
 * What of its kind's methods may be called for somebody in a context: the one place that decides it (R1, R2, R3).
 * `role` is `null` for who is not in it, `held` is `null` for who has given the app nothing.
 */
export const methodsOf = (kind: ContextKind, role: string | null, held: Held | null): MethodState[] =>
  kind.methods.map((method) => methodState(method, role, held));

export function methodState(method: ContextMethod, role: string | null, held: Held | null): MethodState {
  const not = (code: Unsupported, missing: string | null = null): MethodState => ({ method, supported: false, code, missing });
  if (role === null || !method.roles.includes(role)) return not('role_not_permitted');
  if (!method.authorized) return { method, supported: true };
  if (held === null || (method.permission !== null && !held.has(method.permission))) return not('insufficient_scope', method.permission);
  return { method, supported: true };
}

/** In a context that is over nothing can be called, whoever it is. */
export const methodsAfterEnd = (kind: ContextKind): MethodState[] =>
  kind.methods.map((method) => ({ method, supported: false, code: 'context_ended', missing: null }));

/** Whether somebody with this role may call it only on what is theirs; whose it is the platform says with the call. */
export const isOnlyForOwn = ({ own }: ContextMethod, role: string | null): boolean => (typeof own === 'boolean' ? own : own.includes(role ?? ''));
