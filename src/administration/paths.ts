import type { AppId, TenantId, UserId } from '#src/ids.ts';

const below = (tenant: TenantId, ...parts: readonly string[]): string => ['/admin', tenant, ...parts].map((part, place) => (place === 0 ? part : encodeURIComponent(part))).join('/');

export const appsPath = (tenant: TenantId): string => below(tenant, 'apps');
export const appPath = (tenant: TenantId, app: AppId, ...more: readonly string[]): string => below(tenant, 'apps', app, ...more);
export const membersPath = (tenant: TenantId): string => below(tenant, 'members');
export const memberPath = (tenant: TenantId, user: UserId, ...more: readonly string[]): string => below(tenant, 'members', user, ...more);
