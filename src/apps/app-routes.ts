import { z } from 'zod';

import type { Deps } from '#src/deps.ts';
import { AppError } from '#src/errors.ts';
import { at, createdOnce, pageOf, plain, shown, shownPage, tagged } from '#src/http/api/answer.ts';
import { chosen, idOf, idText, name, secretOnce, time } from '#src/http/api/fields.ts';
import { route } from '#src/http/api/route.ts';
import type { TenantId } from '#src/ids.ts';

import type { App } from './app.ts';
import type { ReachOf } from './reach.ts';
import { addSecret, listApps, readApp, registerApp, removeSecret, setAppStatus, updateApp, type AppDeps } from './app-store.ts';

export interface AppRoutesDeps extends AppDeps {
  readonly reachOf: ReachOf;
}

const link = z.string().max(2000).nullable();
const status = z.enum(['active', 'disabled']).meta({ description: 'No token of a disabled app works anywhere.' });
const authMethod = z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']);
const developer = z.strictObject({ name, uri: link.default(null), verified: z.boolean().default(false) });
const jwks = z
  .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).max(20) })
  .nullable()
  .meta({ description: 'Public keys, for `private_key_jwt` only (RFC 7517).' });

/** What can be said when an app is registered and later. */
const details = {
  tagline: z.string().max(1000).optional().meta({ description: 'One sentence, up to 200 characters.' }),
  logoUri: link.optional(),
  homepageUri: link.optional(),
  privacyUri: link.optional(),
  jwks: jwks.optional(),
  pkce: z.enum(['required', 'exempt']).optional().meta({ description: 'Exempt only for a confidential app whose library sends none.' }),
  listed: z.boolean().optional().meta({ description: 'Whether it stands in the marketplace for everybody.' }),
  dpopBound: z.boolean().optional().meta({ description: 'Whether every token of the app is bound to a key (RFC 9449).' }),
};

const secretName = z.string().meta({ description: 'Names the secret and opens nothing.' });
const app = z
  .object({
    id: idText.meta({ description: 'Its `client_id`.' }),
    name,
    tagline: z.string(),
    logoUri: link,
    homepageUri: link,
    privacyUri: link,
    developer: z.object({ name, uri: link, verified: z.boolean() }),
    owner: idText.nullable().meta({ description: 'The tenant whose own app it is; only there can it be used.' }),
    listed: z.boolean(),
    status,
    authMethod,
    secrets: z.array(z.object({ id: secretName, createdAt: time })),
    jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable(),
    pkce: z.enum(['required', 'exempt']),
    dpopBound: z.boolean(),
    liveVersion: idText.nullable(),
    createdAt: time,
  })
  .meta({ id: 'App' });
const newApp = app.extend({ secret: secretOnce.nullable() }).meta({ id: 'NewApp' });

const reach = z
  .object({
    tenants: z.int().meta({ description: 'Tenants in which it has anything.' }),
    installations: z.int(),
    grants: z.int().meta({ description: 'Of members.' }),
    more: z.boolean().meta({ description: 'There are more than these: not everything was counted.' }),
    countedAt: time.nullable().meta({ description: 'Large numbers of grants were counted then, not now.' }),
  })
  .meta({ id: 'Reach', description: 'What an app has over all tenants, and what stops with it.' });
const appAndReach = app.extend({ reach }).meta({ id: 'AppAndReach' });

const nameOf = ({ digest }: App['secrets'][number]): string => digest.slice(0, 12);
const asApp = ({ secrets, jwks, ...rest }: App): z.input<typeof app> => ({
  ...rest,
  jwks: jwks && { keys: [...jwks.keys] },
  secrets: secrets.map((secret) => ({ id: nameOf(secret), createdAt: secret.createdAt })),
});

const common = { tag: 'Apps' } as const;

export const appRoutes = [
  route({
    ...common,
    method: 'get',
    path: '/apps',
    operationId: 'listApps',
    summary: 'List apps',
    scope: 'read',
    answer: pageOf(app),
    handle: async (deps: Deps, { page }) => shownPage(await listApps(deps, page), asApp),
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps',
    operationId: 'registerApp',
    summary: 'Register an app; it can do nothing until a version is published',
    scope: 'manage',
    body: z.strictObject({ name, developer, authMethod, ...details, owner: idOf<TenantId>('a tenant').nullable().default(null), id: chosen }),
    answer: createdOnce(newApp),
    errors: ['conflict'],
    async handle(deps: AppDeps, { body, actor }) {
      const { app, secret } = await registerApp(deps, body, actor);
      return { body: { ...asApp(app), secret }, location: at`/apps/${app.id}` };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}',
    operationId: 'getApp',
    summary: 'Read an app',
    scope: 'read',
    answer: tagged(app),
    handle: async (deps: Deps, { params }) => shown(await readApp(deps, params.app), asApp),
  }),
  route({
    ...common,
    method: 'patch',
    path: '/apps/{app}',
    operationId: 'updateApp',
    summary: 'Change what is said of an app, its keys and its protection',
    scope: 'manage',
    ifMatch: 'required',
    body: z.strictObject({ name: name.optional(), developer: developer.optional(), ...details }),
    answer: tagged(app),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, body, ifVersion, actor }) {
      await updateApp(deps, { id: params.app, ...body, ifVersion }, actor);
      return shown(await readApp(deps, params.app), asApp);
    },
  }),
  route({
    ...common,
    method: 'put',
    path: '/apps/{app}/status',
    operationId: 'setAppStatus',
    summary: 'Disable an app everywhere, or let it work again; the answer says what that touched',
    scope: 'manage',
    ifMatch: 'optional',
    body: z.strictObject({ status }),
    answer: tagged(appAndReach),
    errors: ['conflict'],
    async handle(deps: AppRoutesDeps, { params, body, ifVersion, actor }) {
      await setAppStatus(deps, { id: params.app, ...body, ifVersion }, actor);
      const reach = await deps.reachOf(params.app);
      return shown(await readApp(deps, params.app), (value) => ({ ...asApp(value), reach }));
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/apps/{app}/reach',
    operationId: 'getReach',
    summary: 'Count what an app has over all tenants: what would stop with it',
    scope: 'read',
    answer: plain(reach),
    async handle(deps: AppRoutesDeps, { params }) {
      shown(await readApp(deps, params.app));
      return { body: await deps.reachOf(params.app) };
    },
  }),
  route({
    ...common,
    method: 'post',
    path: '/apps/{app}/secrets',
    operationId: 'addSecret',
    summary: 'Give an app a second secret, which works beside the first',
    scope: 'manage',
    ifMatch: 'optional',
    answer: plain(newApp),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, ifVersion, actor }) {
      const { app, secret } = await addSecret(deps, { id: params.app, ifVersion }, actor);
      return { body: { ...asApp(app), secret } };
    },
  }),
  route({
    ...common,
    method: 'delete',
    path: '/apps/{app}/secrets/{secret}',
    operationId: 'removeSecret',
    summary: 'Remove a secret; the last one stays',
    scope: 'manage',
    ifMatch: 'optional',
    answer: tagged(app),
    errors: ['conflict'],
    async handle(deps: AppDeps, { params, ifVersion, actor }) {
      const secrets = shown(await readApp(deps, params.app)).body.secrets;
      const secret = secrets.find((each) => nameOf(each) === params.secret);
      // Removed by an earlier call, it may be: that has to be as certain as if it were done here (I2).
      if (!secret) await removeSecret(deps, { id: params.app, digest: '' }, actor);
      if (!secret) throw new AppError('not_found');
      await removeSecret(deps, { id: params.app, digest: secret.digest, ifVersion }, actor);
      return shown(await readApp(deps, params.app), asApp);
    },
  }),
];
