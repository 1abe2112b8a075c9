/** What an app can call in a context. */
export interface ContextMethod {
  readonly name: string;
  readonly title: string;
  /** The app may call it for a person who has one of these. */
  readonly roles: readonly string[];
  /** What the person must have let the app hold besides, or `null` where any grant will do. */
  readonly permission: string | null;
  /** Only on what the person owns: for everybody, or for those with one of these roles. */
  readonly own: boolean | readonly string[];
  /** `false`: also for a person who has given the app nothing. */
  readonly authorized: boolean;
}

/** A sort of context, as the operator describes it. */
export interface ContextKind {
  readonly name: string;
  readonly title: string;
  /** From most to least. `owner` is one of them. */
  readonly roles: readonly { readonly name: string; readonly title: string }[];
  readonly methods: readonly ContextMethod[];
}

export interface ContextKinds {
  readonly kinds: readonly ContextKind[];
  find(name: string): ContextKind | undefined;
}

/** Who runs a context. There is always one. */
export const OWNER = 'owner';
/** Whoever is no member of the tenant is this, and nothing else. */
export const GUEST = 'guest';

export const hasRole = (kind: ContextKind, role: string): boolean => kind.roles.some(({ name }) => name === role);
