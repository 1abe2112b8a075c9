import { z } from 'zod';

import { mapping, parseConfig, readConfigFile } from '#src/config-file.ts';
import type { AppId, ContextId, DelegationId, GroupId, ResourceServerId, TenantId, UserId } from '#src/ids.ts';
import { RIGHTS } from '#src/resources/resource.ts';

const text = z.string('Give a text.').min(1, 'Must not be empty.');
const id = <T extends string>() => text.transform((value) => value as T);
const names = z.array(text, 'Give a list.').default([]);
const requested = z.strictObject({ required: names, optional: names }, mapping('Give the lists required and optional.')).prefault({});

const tenant = z.strictObject({ id: id<TenantId>(), name: text }, mapping('A tenant has id and name.'));

const person = z.strictObject({
  id: id<UserId>(),
  name: text,
  email: text,
  roles: z
    .record(text, text, 'Say the role by tenant.')
    .transform((roles) => Object.entries(roles).map(([place, role]) => ({ tenant: place as TenantId, role }))),
}, mapping('A person has id, name, email and roles.'));

const group = z.strictObject({ id: id<GroupId>(), tenant: id<TenantId>(), name: text, members: z.array(id<UserId>()).default([]) }, mapping('A group has id, tenant, name and members.'));

const delegation = z.strictObject({
  id: id<DelegationId>(),
  tenant: id<TenantId>(),
  giver: id<UserId>(),
  receiver: id<UserId>(),
  permissions: names,
}, mapping('A delegation has id, tenant, giver, receiver and permissions.'));

const ref = z.strictObject({ kind: text, id: text }, mapping('A node is named by kind and id.'));
const resource = z.strictObject({
  tenant: id<TenantId>(),
  kind: text,
  id: text,
  title: text,
  parent: ref.nullable().default(null),
  template: text.nullable().default(null),
  rights: z
    .record(text, z.enum(RIGHTS), 'Say the right by person.')
    .default({})
    .transform((rights) => Object.entries(rights).map(([user, right]) => ({ user: user as UserId, right }))),
}, mapping('A resource has tenant, kind, id and title.'));

const context = z.strictObject({
  id: id<ContextId>(),
  tenant: id<TenantId>(),
  kind: text,
  title: text,
  number: text.nullable().default(null),
  members: z.array(z.strictObject({ user: id<UserId>(), role: text }, mapping('Somebody in a context has user and role.'))),
}, mapping('A context has id, tenant, kind, title and members.'));

const resourceServer = z.strictObject(
  { id: id<ResourceServerId>(), name: text, audience: text },
  mapping('The resource server has id, name and audience.'),
);

const asked = z
  .array(z.strictObject({ kind: text, right: z.enum(RIGHTS), template: text.nullable().default(null), required: z.boolean().default(false) }, mapping('What is asked for on nodes has kind and right.')))
  .default([]);

const app = z
  .strictObject({
    id: id<AppId>(),
    name: text,
    tagline: text,
    homepageUri: text.nullable().default(null),
    privacyUri: text.nullable().default(null),
    developer: z.strictObject({ name: text, uri: text.nullable().default(null), verified: z.boolean() }, mapping('A developer has name, uri and verified.')),
    listed: z.boolean('listed is true or false.').default(false),
    launchUri: text.nullable().default(null),
    redirectUris: names,
    postLogoutRedirectUris: names,
    permissions: z.strictObject({ user: requested, tenant: requested }, mapping('Permissions stand under user and tenant.')),
    sharedAccess: z.boolean('sharedAccess is true or false.'),
    resources: z.strictObject({ user: asked, tenant: asked }, mapping('What is asked for on nodes stands under user and tenant.')).prefault({}),
    appOnly: z.boolean('appOnly is true or false.').default(false),
  }, mapping('The app has id, name, tagline, developer, redirectUris, permissions and sharedAccess.'))
  .transform(({ redirectUris, postLogoutRedirectUris, launchUri, permissions, sharedAccess, resources, appOnly, ...details }) => ({
    ...details,
    authMethod: 'client_secret_basic' as const,
    content: { redirectUris, postLogoutRedirectUris, launchUri, permissions, sharedAccess, resources, appOnly },
  }));

const plan = z.strictObject(
  { tenants: z.array(tenant), people: z.array(person), groups: z.array(group), delegations: z.array(delegation), resources: z.array(resource), contexts: z.array(context), resourceServer, app, unverifiedApp: app },
  mapping('The file has tenants, people, groups, delegations, resources, contexts, resourceServer, app and unverifiedApp.'),
);

/** What `config/demo-world.yaml` describes. Whether names and addresses are good is for the use cases to say. */
export type DemoPlan = z.output<typeof plan>;

export const loadDemoPlan = (path: string): DemoPlan => parseConfig({ text: readConfigFile(path), path }, plan);
