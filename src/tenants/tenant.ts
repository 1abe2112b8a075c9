import type { TenantId } from '#src/ids.ts';

/** A customer organisation of the platform. */
export interface Tenant {
  readonly id: TenantId;
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly createdAt: string;
}
