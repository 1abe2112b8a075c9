/** The operator's catalogue of permissions (`config/permissions.yaml`). One permission = one OAuth scope value. */
export interface Permission {
  readonly name: string;
  /** A few words for the consent page: "See your meetings". */
  readonly title: string;
  /** One sentence: what the app can then do, and what not. */
  readonly explanation: string;
  readonly identities: readonly ('user' | 'tenant')[];
  readonly level: 'basic' | 'advanced' | 'restricted';
  readonly sensitive: boolean;
  /** Whether the version of any app may declare it, or only that of a tenant's own app (S7). */
  readonly listedApps: boolean;
  /** The audience URI of the resource server that it belongs to. */
  readonly resource: string;
  /** It is a right on nodes of the resource tree: see `resource-permissions.ts`. */
  readonly onNodes?: boolean;
}

export interface Catalogue {
  readonly permissions: readonly Permission[];
  find(name: string): Permission | undefined;
}

/** Scope values of the protocol itself; they mean the same at every operator. */
export const PROTOCOL_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;

/** The member passes on the access that others delegated to them. Ticked by the person, never by the app (Z4). */
export const SHARED_ACCESS = 'shared_access';
