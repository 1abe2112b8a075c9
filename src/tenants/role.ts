import type { RoleId, TenantId } from '#src/ids.ts';

export const CAPABILITIES = ['apps.manage', 'apps.view', 'members.manage', 'audit.view'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** A role that a tenant made for itself. */
export interface CustomRole {
  readonly id: RoleId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly capabilities: readonly Capability[];
}

const BUILT_IN: Readonly<Record<string, readonly Capability[]>> = {
  owner: CAPABILITIES,
  admin: CAPABILITIES,
  member: [],
};

export const isBuiltInRole = (role: string): boolean => Object.hasOwn(BUILT_IN, role);

/** What a role may do; an unknown role may do nothing. */
export const capabilitiesOf = (role: string, custom?: CustomRole): readonly Capability[] =>
  isBuiltInRole(role) ? (BUILT_IN[role] ?? []) : custom?.id === role ? custom.capabilities : [];
