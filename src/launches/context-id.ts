import { createHmac } from 'node:crypto';

import type { Person } from '#src/contexts/context-records.ts';
import type { AppId, TenantId } from '#src/ids.ts';

/**
 * An app's cache key for a person in a tenant (S9): the same at every resource and in every context, another for every
 * other app, and nobody learns from it who it is.
 */
export const contextIdOf = (key: Uint8Array, { tenant, person, app }: { tenant: TenantId; person: Person; app: AppId }): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([tenant, 'user' in person ? ['user', person.user] : ['guest', person.guest], app]))
    .digest('base64url');
