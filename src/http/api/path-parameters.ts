import { z } from 'zod';

import type { AppId, DelegationId, GrantId, OperatorId, ResourceServerId, RoleId, TenantId, UserId, VersionId } from '#src/ids.ts';

/**
 * Ids are opaque here: what is not an id at all gets the answer of an id that nothing has, so that the form of an
 * id tells a stranger nothing (I5).
 */
const id = <T extends string>(what: string, example: string) =>
  z
    .string()
    .min(1)
    .max(128)
    .meta({ description: `Id of ${what}.`, example })
    .transform((text) => text as T);

export const pathParameters = {
  tenant: id<TenantId>('a tenant', 'ten_5Yh3Q0pX2mVb7KcR9sLw1t'),
  user: id<UserId>('a user', 'usr_5Yh3Q0pX2mVb7KcR9sLw1t'),
  role: id<RoleId>('a custom role of the tenant', 'rol_5Yh3Q0pX2mVb7KcR9sLw1t'),
  delegation: id<DelegationId>('a delegation in the tenant', 'del_5Yh3Q0pX2mVb7KcR9sLw1t'),
  app: id<AppId>('an app: its OAuth client id', 'app_5Yh3Q0pX2mVb7KcR9sLw1t'),
  version: id<VersionId>('a version of the app', 'ver_5Yh3Q0pX2mVb7KcR9sLw1t'),
  secret: id<string>('a client secret, as listed with the app', '2kX0…'),
  resourceServer: id<ResourceServerId>('a resource server', 'rs_5Yh3Q0pX2mVb7KcR9sLw1t'),
  operator: id<OperatorId>('an operator credential', 'opr_5Yh3Q0pX2mVb7KcR9sLw1t'),
  grant: id<GrantId>('a grant in the tenant', 'gnt_a15Yh3Q0pX2mVb7KcR9sLw1t'),
};

export type PathParameters = typeof pathParameters;
