import { z } from 'zod';

import type { AppId, ContextId, DelegationId, GrantId, GroupId, JobId, OperatorId, ResourceServerId, ReviewId, RoleId, TenantId, UserId, VersionId } from '#src/ids.ts';

/**
 * Ids are opaque here: what is not an id at all gets the answer of an id that nothing has, so that the form of an
 * id tells a stranger nothing (I5).
 */
const id = <T extends string>(name: string, what: string, example: string) =>
  z
    .string()
    .min(1)
    .max(128)
    .transform((text) => text as T)
    .meta({ description: `Id of ${what}.`, example, param: { id: name } });

export const pathParameters = {
  tenant: id<TenantId>('tenant', 'a tenant', 'ten_5Yh3Q0pX2mVb7KcR9sLw1t'),
  user: id<UserId>('user', 'a user', 'usr_5Yh3Q0pX2mVb7KcR9sLw1t'),
  role: id<RoleId>('role', 'a custom role of the tenant', 'rol_5Yh3Q0pX2mVb7KcR9sLw1t'),
  group: id<GroupId>('group', 'a group of the tenant', 'grp_5Yh3Q0pX2mVb7KcR9sLw1t'),
  review: id<ReviewId>('review', 'a review in the tenant', 'rev_5Yh3Q0pX2mVb7KcR9sLw1t'),
  delegation: id<DelegationId>('delegation', 'a delegation in the tenant', 'del_5Yh3Q0pX2mVb7KcR9sLw1t'),
  context: id<ContextId>('context', 'a context in the tenant', 'ctx_a15Yh3Q0pX2mVb7KcR9sLw1t'),
  guest: id<string>('guest', 'a guest, as the platform names them', 'phone-4711'),
  app: id<AppId>('app', 'an app: its OAuth client id', 'app_5Yh3Q0pX2mVb7KcR9sLw1t'),
  version: id<VersionId>('version', 'a version of the app', 'ver_5Yh3Q0pX2mVb7KcR9sLw1t'),
  secret: id<string>('secret', 'a client secret, as listed with the app', '2kX0…'),
  resourceServer: id<ResourceServerId>('resourceServer', 'a resource server', 'rs_5Yh3Q0pX2mVb7KcR9sLw1t'),
  operator: id<OperatorId>('operator', 'an operator credential', 'opr_5Yh3Q0pX2mVb7KcR9sLw1t'),
  grant: id<GrantId>('grant', 'a grant in the tenant', 'gnt_a15Yh3Q0pX2mVb7KcR9sLw1t'),
  job: id<JobId>('job', 'a revocation', 'job_5Yh3Q0pX2mVb7KcR9sLw1t'),
  kid: id<string>('kid', 'a signing key', 'Hy6bQ0pX2mVb7KcR9sLw1t5Yh3Q0pX2mVb7KcR9sLw1'),
  kind: z.string().min(1).max(200).meta({ description: 'Kind of a node, as in `config/resources.yaml`.', example: 'list', param: { id: 'kind' } }),
  resource: z.string().min(1).max(200).meta({ description: 'Id of a node, as the platform named it.', example: 'tasks-2026', param: { id: 'resource' } }),
};

export type PathParameters = typeof pathParameters;
